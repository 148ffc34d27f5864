//! The opcodes that change what is there already: state, containers, and values that nobody keeps.

use super::cursor::Halt;
use super::facts::Deed;
use super::machine::Machine;
use super::names::{Check, Roles, Standing};
use super::value::{Node, Value};

/// Values in one container, once it is written out, that no program wants.
const HEAVY: f32 = 1e9;
/// Containers inside each other: Python's own pickler stops long before.
const DEEP: u16 = 20_000;

impl Machine<'_> {
    pub(super) fn build(&mut self) -> Result<(), Halt> {
        let state = self.pop()?;
        let target = self.top()?;
        self.passed_on_value(state);
        self.restored(target, state);
        self.set_again(target, state);
        self.changed("BUILD", target, Roles::BUILD);
        self.heap.keep_state(target, state);
        self.array_behind(target, state)
    }

    /// Fills a container, after a look at what is filled.
    pub(super) fn fill_checked(
        &mut self,
        opcode: &'static str,
        target: Value,
        items: &[Value],
    ) -> Result<(), Halt> {
        let role = if opcode.starts_with("SETITEM") { Roles::ITEMS } else { Roles::APPEND };
        // The C reader looks at the target only when there is something to put into it.
        if items.is_empty() {
            return Ok(());
        }
        match self.heap.node(target) {
            // CVE-2026-24747: only mappings are filled by keys; no pickler does it to anything else.
            Some(Node::List(_) | Node::Set(_) | Node::Tuple { .. }) if role == Roles::ITEMS => {
                let evidence = format!("{opcode} on {}", self.express(target));
                self.note(Deed::TensorOutside, format!("{opcode} on no mapping"), evidence);
            }
            Some(Node::List(_) | Node::Dict(_) | Node::Set(_)) => {}
            Some(_) => self.changed(opcode, target, role),
            // A bytearray can be appended to.
            None if matches!(target, Value::Bytes(_)) => {}
            None => return Err(Halt::Broken("it fills something that is no container")),
        }
        self.fill(target, items);
        Ok(())
    }

    /// Something is written into `target` by an opcode that needs this role.
    fn changed(&mut self, opcode: &'static str, target: Value, role: Roles) {
        match self.heap.node(target) {
            // CVE-2026-24747: whoever fills a tensor or a storage writes where none of its values are.
            Some(Node::Storage(_)) => {
                let evidence = format!("{opcode} on {}", self.express(target));
                self.note(Deed::TensorOutside, format!("{opcode} on a storage"), evidence);
            }
            Some(Node::Made(index))
                if role != Roles::BUILD
                    && self.heap.made(index).and_then(|made| made.vetted).is_some_and(
                        |vetted| vetted.check == Check::Tensor && !vetted.roles.has(role),
                    ) =>
            {
                let evidence = format!("{opcode} on {}", self.express(target));
                self.note(Deed::TensorOutside, format!("{opcode} on a tensor"), evidence);
            }
            Some(Node::Made(index)) if role == Roles::ITEMS && self.is_of_torch(index) => {
                let evidence = format!("{opcode} on {}", self.express(target));
                self.note(Deed::TensorOutside, format!("{opcode} on no mapping"), evidence);
            }
            Some(Node::Made(index)) => {
                let made = self.heap.made(index).copied();
                if let Some(vetted) = made.and_then(|made| made.vetted)
                    && !vetted.roles.has(role)
                {
                    let evidence = self.express(target);
                    self.note(Deed::UsesOddly, format!("{opcode} on a vetted object"), evidence);
                }
            }
            Some(Node::Global(_) | Node::Extension(_)) => {
                let evidence = format!("{opcode} on {}", self.express(target));
                self.note(Deed::Mutates(opcode), self.express(target), evidence);
            }
            _ => {
                let evidence = format!("{opcode} on {}", self.express(target));
                self.note(Deed::UsesOddly, format!("{opcode} on a plain value"), evidence);
            }
        }
    }

    /// Whether an object is one of `PyTorch`'s that is no mapping.
    fn is_of_torch(&self, index: u32) -> bool {
        let Some(made) = self.heap.made(index) else { return false };
        let is_mapping = made.vetted.is_some_and(|vetted| vetted.roles.has(Roles::ITEMS));
        let class = self.heap.global(made.callee);
        !is_mapping && class.is_some_and(|class| class.module.split('.').next() == Some("torch"))
    }

    /// A value goes into a container, a state, arguments or the result: not every vetted function
    /// may be handed on.
    pub(super) fn passed_on_value(&mut self, value: Value) {
        if let Some(global) = self.heap.global(value)
            && let Standing::Vetted(vetted) = global.standing
            && !vetted.roles.has(Roles::VALUE)
        {
            let subject = format!("{} is handed on", global.full_name());
            let evidence = self.express(value);
            self.note(Deed::UsesOddly, subject, evidence);
        }
    }

    /// A value that nobody keeps.
    pub(super) fn discarded(&mut self, value: Value) {
        let Some(Node::Made(index)) = self.heap.node(value) else { return };
        let Some(made) = self.heap.made(index).copied() else { return };
        let is_unlisted =
            self.heap.global(made.callee).is_some_and(|g| g.standing == Standing::Unlisted);
        if is_unlisted && !made.is_memoised {
            let evidence = self.express(value);
            let subject = self.express(made.callee);
            let deed = Deed::CallsUnknownOddly("and throws the result away");
            self.note_at(made.offset, deed, subject, evidence);
        }
    }

    /// Containers that hold each other so often, or so deep, that nothing but harm is made of them.
    pub(super) fn judge_growth(&mut self) {
        let (heaviest, deepest) = (self.heap.heaviest, self.heap.deepest);
        if heaviest > HEAVY {
            let evidence = format!("about {heaviest:.0} values from {} opcodes", self.steps);
            self.note(
                Deed::Grows,
                "containers that hold each other many times".to_owned(),
                evidence,
            );
        }
        if deepest > DEEP {
            let evidence = format!("at least {DEEP} levels");
            self.note(Deed::Grows, "containers far inside each other".to_owned(), evidence);
        }
    }

    /// Names that were imported and never called are judged for being there.
    pub(super) fn forgotten_imports(&mut self) {
        let unused: Vec<(u64, Standing, String)> = self
            .heap
            .globals
            .iter()
            .filter(|global| global.reported == 0)
            .map(|global| (global.offset, global.standing, global.full_name()))
            .collect();
        for (offset, standing, name) in unused {
            let deed = match standing {
                Standing::Vetted(_) => continue,
                Standing::Sink(_) => Deed::ImportsSink,
                Standing::Escape(way) => Deed::Escapes(way),
                Standing::TorchScript => Deed::TorchScript,
                Standing::Unlisted => Deed::ImportsUnknown,
            };
            self.note_at(offset, deed, name.clone(), name);
        }
    }
}
