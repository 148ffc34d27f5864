//! The opcodes that call, make, fill and change things, and what each of them amounts to.

use super::cursor::Halt;
use super::facts::Deed;
use super::machine::Machine;
use super::names::{Standing, Vetted};
use super::value::{Contents, Made, Node, Value};

/// How often one name is reported for being called.
const REPORTS: u32 = 5;

/// How an object comes into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// A call with arguments.
    Call,
    /// `cls.__new__`, without `__init__`.
    New,
}

/// What a use of a name amounts to.
pub(super) enum Use {
    /// Harmless; the result may be used as this says.
    Fine(Option<Vetted>),
    /// Recorded as a fact.
    Noted,
}

impl Machine<'_> {
    pub(super) fn reduce(&mut self) -> Result<(), Halt> {
        let args = self.pop()?;
        let callee = self.pop()?;
        self.call(callee, args, How::Call)
    }

    pub(super) fn inst(&mut self) -> Result<(), Halt> {
        let callee = self.import_last_lines()?;
        let from = self.unmark()?;
        let args = self.with_top(from, Self::tuple_passed_on)?;
        self.call(callee, args, How::Call)
    }

    pub(super) fn obj(&mut self) -> Result<(), Halt> {
        let from = self.unmark()?;
        let (callee, args) = self.with_top(from, |machine, items| {
            let [callee, rest @ ..] = items else {
                return Err(Halt::Broken("it makes an object of nothing"));
            };
            Ok((*callee, machine.tuple_passed_on(rest)?))
        })?;
        self.call(callee, args, How::Call)
    }

    pub(super) fn new_object(&mut self, has_keywords: bool) -> Result<(), Halt> {
        if has_keywords {
            self.pop()?;
        }
        let args = self.pop()?;
        let class = self.pop()?;
        self.call(class, args, How::New)
    }

    fn tuple_passed_on(&mut self, items: &[Value]) -> Result<Value, Halt> {
        for item in items {
            self.passed_on_value(*item);
        }
        self.heap.tuple(items)
    }

    fn call(&mut self, callee: Value, args: Value, how: How) -> Result<(), Halt> {
        self.calls += 1;
        if let Some(named) = self.folded(callee, args)? {
            self.push(named);
            return Ok(());
        }
        let vetted = match self.used(callee, args, how)? {
            Use::Fine(vetted) => vetted,
            Use::Noted => None,
        };
        let offset = self.at();
        let made = self.heap.make(Made {
            callee,
            args,
            vetted,
            is_memoised: false,
            state: Value::Absent,
            items: Contents::default(),
            offset,
        })?;
        self.push(made);
        Ok(())
    }

    /// Judges a call of `callee`; `args` is a tuple.
    pub(super) fn used(&mut self, callee: Value, args: Value, how: How) -> Result<Use, Halt> {
        let global = match self.heap.node(callee) {
            Some(Node::Global(index)) => index,
            Some(Node::Made(_) | Node::Buffer) => {
                self.note_call(Deed::CallsResult, "the result of another call", callee, args);
                return Ok(Use::Noted);
            }
            Some(Node::Extension(code)) => {
                self.note_call(Deed::ImportsComputed, format!("extension {code}"), callee, args);
                return Ok(Use::Noted);
            }
            Some(Node::Persistent { .. }) => {
                if let Some(class) = self.module_class(callee) {
                    return self.used(class, args, how);
                }
                self.note_call(Deed::CallsResult, "something outside itself", callee, args);
                return Ok(Use::Noted);
            }
            _ => return Err(Halt::Broken("it calls something that cannot be called")),
        };
        let Some(standing) = self.heap.globals.get(global as usize).map(|g| g.standing) else {
            return Err(Halt::Broken("it calls something that cannot be called"));
        };
        let deed = match standing {
            Standing::Vetted(vetted) => return self.used_vetted(vetted, callee, args, how),
            Standing::Sink(_) => Deed::CallsSink,
            Standing::Escape(way) => Deed::Escapes(way),
            Standing::TorchScript => Deed::TorchScript,
            Standing::Unlisted if how == How::New => Deed::MakesUnknown,
            Standing::Unlisted if self.grows_unvetted(callee, args) => {
                self.note_call(Deed::Grows, "a great many numbers", callee, args);
                return Ok(Use::Noted);
            }
            Standing::Unlisted => match self.oddity(args, 2) {
                Some(oddity) => Deed::CallsUnknownOddly(oddity),
                None => Deed::CallsUnknown,
            },
        };
        self.note_use(global, deed, callee, args);
        Ok(Use::Noted)
    }

    fn note_use(&mut self, global: u32, deed: Deed, callee: Value, args: Value) {
        let limit = if deed.is_dangerous() { REPORTS } else { 1 };
        let Some(global) = self.heap.globals.get_mut(global as usize) else { return };
        global.reported = global.reported.saturating_add(1);
        if global.reported > limit {
            return;
        }
        let subject = global.full_name();
        self.note_call(deed, subject, callee, args);
    }

    /// Records what a call amounts to, with the call as evidence.
    pub(super) fn note_call(
        &mut self,
        deed: Deed,
        subject: impl Into<String>,
        callee: Value,
        args: Value,
    ) {
        let evidence = self.express_call(callee, args);
        self.note(deed, subject.into(), evidence);
    }

    pub(super) fn odd(&mut self, callee: Value, args: Value, how: &str) -> Use {
        let subject = format!("{} {how}", self.express(callee));
        self.note_call(Deed::UsesOddly, subject, callee, args);
        Use::Noted
    }

    /// Whether texts among the arguments look like something to be run, opened or fetched.
    fn oddity(&self, args: Value, depth: u32) -> Option<&'static str> {
        let items = match self.heap.node(args)? {
            Node::Tuple { .. } => self.heap.items(args)?,
            Node::List(contents) | Node::Dict(contents) | Node::Set(contents) => {
                self.heap.contents(contents)
            }
            _ => return None,
        };
        items.iter().find_map(|item| match item {
            Value::Text(_) => looks_like(&self.text(*item)?),
            Value::Node(_) if depth > 0 => self.oddity(*item, depth - 1),
            _ => None,
        })
    }
}

/// What a text looks like that an unknown function is called with.
pub(super) fn looks_like(text: &str) -> Option<&'static str> {
    const COMMANDS: &[&str] = &[
        "; ",
        "&&",
        "||",
        "$(",
        "`",
        " | ",
        "sh -c",
        "bash ",
        "curl ",
        "wget ",
        "python ",
        "rm -",
        "nc ",
        "cmd.exe",
        "cmd /c",
        "powershell",
        "/bin/",
    ];
    const CODE: &[&str] =
        &["import ", "__import__", "exec(", "eval(", "lambda ", "os.", "open(", "system("];
    if text.contains("://") {
        return Some("with an address");
    }
    if COMMANDS.iter().any(|piece| text.contains(piece)) {
        return Some("with a command");
    }
    if CODE.iter().any(|piece| text.contains(piece)) {
        return Some("with code");
    }
    let is_path = text.starts_with('/') || text.starts_with("~/") || text.contains("../");
    is_path.then_some("with a path")
}
