//! Names that the stream imports: from lines, from the stack, from the extension registry.

use super::super::names::{self, Roles, Standing};
use super::super::value::{Global, Node};
use super::{Deed, Halt, Machine, Value};

impl Machine<'_> {
    /// Two lines name a module and something in it.
    pub(in crate::formats::pickle) fn import_lines(&mut self) -> Result<Value, Halt> {
        let (_, module) = self.cursor.line()?;
        let module = module.to_vec();
        let (_, name) = self.cursor.line()?;
        let key = [&module, &b"\n"[..], name].concat();
        self.imported_lines(key, module.len())
    }

    /// The same for what is called at once: there the second line may end with the file, for the reader
    /// written in Python.
    pub(in crate::formats::pickle) fn import_last_lines(&mut self) -> Result<Value, Halt> {
        let (_, module) = self.cursor.line()?;
        let module = module.to_vec();
        let name = match self.cursor.line() {
            Ok((_, line)) => line,
            Err(Halt::CutOff) => {
                self.disagree("its last line has no end");
                self.cursor.last_line()?
            }
            Err(halt) => return Err(halt),
        };
        let key = [&module, &b"\n"[..], name].concat();
        self.imported_lines(key, module.len())
    }

    fn imported_lines(&mut self, key: Vec<u8>, module_size: usize) -> Result<Value, Halt> {
        self.imports += 1;
        if let Some(known) = self.globals.get(&key) {
            return Ok(*known);
        }
        let (module, name) = key.split_at(module_size);
        let module = String::from_utf8_lossy(module);
        let name = String::from_utf8_lossy(name.strip_prefix(b"\n").unwrap_or(name));
        let value = self.import(&module, &name)?;
        self.kept_bytes += 2 * key.len() + 128;
        self.globals.insert(key, value);
        Ok(value)
    }

    pub(super) fn import_stack(&mut self) -> Result<(), Halt> {
        let name = self.pop()?;
        let module = self.pop()?;
        self.imports += 1;
        let (Some(module_text), Some(name_text)) = (self.text(module), self.text(name)) else {
            for operand in [module, name] {
                let may_be_text = matches!(operand, Value::Text(_) | Value::Node(_));
                if !may_be_text || self.is_object(operand) {
                    return Err(Halt::Broken("a name is not text"));
                }
            }
            let evidence = format!("{}.{}", self.express(module), self.express(name));
            self.note(Deed::ImportsComputed, "a computed name".to_owned(), evidence);
            let unknown = self.import("<computed>", "<computed>")?;
            self.push(unknown);
            return Ok(());
        };
        let mut key = module_text.clone().into_bytes();
        key.push(b'\n');
        key.extend_from_slice(name_text.as_bytes());
        if let Some(known) = self.globals.get(&key) {
            self.push(*known);
            return Ok(());
        }
        let value = self.import(&module_text, &name_text)?;
        self.kept_bytes += 2 * key.len() + 128;
        self.globals.insert(key, value);
        self.push(value);
        Ok(())
    }

    /// Whether a value is an object of a vetted class that takes a state: never a text, so that every
    /// reader gives up where a name is expected.
    fn is_object(&self, value: Value) -> bool {
        let Some(Node::Made(index)) = self.heap.node(value) else { return false };
        let Some(made) = self.heap.made(index) else { return false };
        let is_class = matches!(
            self.heap.global(made.callee).map(|class| class.standing),
            Some(Standing::Vetted(vetted)) if vetted.check.is_harmless()
        );
        is_class && made.vetted.is_some_and(|vetted| vetted.roles.has(Roles::BUILD))
    }

    pub(in crate::formats::pickle) fn import(
        &mut self,
        module: &str,
        name: &str,
    ) -> Result<Value, Halt> {
        let (module, name) = names::in_python_3(self.protocol, module, name);
        let standing = if module == "<computed>" {
            Standing::Escape("imports a computed name")
        } else {
            names::standing(module, name)
        };
        let before_zero = module.split('\0').next().unwrap_or(module);
        if self.is_trial && !is_module_name(before_zero) {
            return Err(Halt::Broken("no module has such a name"));
        }
        let global = Global {
            module: module.to_owned(),
            name: name.to_owned(),
            offset: self.at,
            standing,
            reported: 0,
        };
        let index = self.heap.add_global(global)?;
        self.heap.add(Node::Global(index))
    }

    pub(super) fn extension(&mut self, code: u32) -> Result<(), Halt> {
        let evidence = format!("extension registry entry {code}");
        self.note(Deed::ImportsComputed, evidence.clone(), evidence);
        let extension = self.heap.add(Node::Extension(code))?;
        self.push(extension);
        Ok(())
    }
}

/// Whether a module can have this name. Text that is no pickle fails here first.
fn is_module_name(name: &str) -> bool {
    let is_word = |word: &str| {
        let mut chars = word.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_')
    };
    name == "<computed>" || name.split('.').all(is_word)
}
