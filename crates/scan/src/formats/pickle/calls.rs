//! The opcodes that call, make, fill and change things, and what each of them amounts to.

use super::cursor::Halt;
use super::facts::{Deed, Nested};
use super::machine::Machine;
use super::names::{Check, Roles, Standing, UFUNCS, Vetted};
use super::value::{Contents, Made, Node, Value};

/// How often one name is reported for being called.
const REPORTS: u32 = 5;

/// Zeros that a pickle may ask for by their count.
const MANY_BYTES: i64 = 1 << 20;

/// How an object comes into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// A call with arguments.
    Call,
    /// `cls.__new__`, without `__init__`.
    New,
}

/// What a use of a name amounts to.
enum Use {
    /// Harmless; the result may be used as this says.
    Fine(Option<Vetted>),
    /// Recorded as a fact.
    Noted,
}

/// What can be referred to and not used further.
const INERT: Vetted = Vetted { roles: Roles::VALUE, check: Check::Any };
/// What can be referred to and given a state.
const STATEFUL: Vetted = Vetted { roles: Roles::VALUE.and(Roles::BUILD), check: Check::Any };

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
    fn used(&mut self, callee: Value, args: Value, how: How) -> Result<Use, Halt> {
        let global = match self.heap.node(callee) {
            Some(Node::Global(index)) => index,
            Some(Node::Made(_) | Node::Buffer) => {
                let evidence = self.express_call(callee, args);
                self.note(Deed::CallsResult, "the result of another call".to_owned(), evidence);
                return Ok(Use::Noted);
            }
            Some(Node::Extension(code)) => {
                let evidence = self.express_call(callee, args);
                self.note(Deed::ImportsComputed, format!("extension {code}"), evidence);
                return Ok(Use::Noted);
            }
            Some(Node::Persistent { .. }) => {
                if let Some(class) = self.module_class(callee) {
                    return self.used(class, args, how);
                }
                let evidence = self.express_call(callee, args);
                self.note(Deed::CallsResult, "something outside itself".to_owned(), evidence);
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
        let evidence = self.express_call(callee, args);
        self.note(deed, subject, evidence);
    }

    fn used_vetted(
        &mut self,
        vetted: Vetted,
        callee: Value,
        args: Value,
        how: How,
    ) -> Result<Use, Halt> {
        let role = if how == How::New { Roles::NEW } else { Roles::CALL };
        if !vetted.roles.has(role) {
            return Ok(self.odd(callee, args, "is not made or called like this"));
        }
        let items: Vec<Value> = self.heap.items(args).unwrap_or_default().to_vec();
        let first = items.first().copied();
        match vetted.check {
            Check::Any => Ok(Use::Fine(Some(vetted))),
            Check::MakesFirst | Check::CallsFirst => {
                let Some(first @ Value::Node(_)) = first else {
                    return Ok(self.odd(callee, args, "gets no class"));
                };
                let how = if vetted.check == Check::MakesFirst { How::New } else { How::Call };
                let rest = self.heap.tuple(items.get(1..).unwrap_or_default())?;
                self.used_through(first, rest, how)
            }
            Check::Attribute => Ok(self.attribute(callee, args, &items)),
            Check::Codec => match items.as_slice() {
                [_] => Ok(Use::Fine(Some(vetted))),
                [_, encoding] if self.is_plain_encoding(*encoding) => Ok(Use::Fine(Some(vetted))),
                _ => Ok(self.odd(callee, args, "gets an unusual encoding")),
            },
            Check::Factory => match first {
                None | Some(Value::None) => Ok(Use::Fine(Some(vetted))),
                Some(factory) if self.is_vetted(factory, Roles::CALL) => {
                    Ok(Use::Fine(Some(vetted)))
                }
                Some(_) => Ok(self.odd(callee, args, "gets an unusual factory")),
            },
            Check::Partial => match first {
                Some(function) if self.is_vetted(function, Roles::VALUE) => {
                    Ok(Use::Fine(Some(STATEFUL)))
                }
                _ => Ok(self.odd(callee, args, "gets an unusual function")),
            },
            Check::One if items.len() == 1 => Ok(Use::Fine(Some(INERT))),
            Check::One => Ok(self.odd(callee, args, "gets more than one argument")),
            Check::NestedTorch => {
                if let Some(Value::Bytes(span)) = first {
                    let size = self.heap.span_size(span);
                    self.nested.push(Nested { offset: span.offset(), size });
                    return Ok(Use::Fine(Some(STATEFUL)));
                }
                let evidence = self.express_call(callee, args);
                self.note(Deed::ImportsComputed, "a computed pickle".to_owned(), evidence);
                Ok(Use::Noted)
            }
            Check::Tensor => {
                if let Some(why) = self.tensor_outside(&items) {
                    let evidence = self.express_call(callee, args);
                    self.note(Deed::TensorOutside, why.to_owned(), evidence);
                }
                Ok(Use::Fine(Some(vetted)))
            }
            Check::Contents => {
                if let Some(Value::Int(_) | Value::BigInt) = first
                    && !matches!(first, Some(Value::Int(size)) if size.get() <= MANY_BYTES)
                {
                    let evidence = self.express_call(callee, args);
                    self.note(Deed::Grows, "a great many zeros".to_owned(), evidence);
                }
                Ok(Use::Fine(Some(Vetted { check: Check::Any, ..vetted })))
            }
            Check::Ufunc => match items.as_slice() {
                [module, name]
                    if self.text(*module).is_some_and(|m| m == "numpy")
                        && self.text(*name).is_some_and(|n| UFUNCS.contains(&n.as_str())) =>
                {
                    Ok(Use::Fine(Some(INERT)))
                }
                _ => {
                    let evidence = self.express_call(callee, args);
                    self.note(Deed::Escapes("imports by name"), self.express(callee), evidence);
                    Ok(Use::Noted)
                }
            },
        }
    }

    /// A class or function that a vetted helper makes or calls: only vetted ones are fine.
    fn used_through(&mut self, target: Value, args: Value, how: How) -> Result<Use, Halt> {
        match self.heap.global(target).map(|global| global.standing) {
            Some(Standing::Vetted(vetted))
                if matches!(vetted.check, Check::Any | Check::Contents) =>
            {
                let fits = vetted.roles.has(Roles::NEW) || vetted.roles.has(Roles::CALL);
                if fits {
                    Ok(Use::Fine(Some(vetted)))
                } else {
                    Ok(self.odd(target, args, "is made through a helper"))
                }
            }
            // `_rebuild_from_type_v2(_rebuild_tensor_v2, type, args, state)`.
            Some(Standing::Vetted(vetted)) if vetted.check == Check::Tensor => {
                Ok(Use::Fine(Some(vetted)))
            }
            Some(Standing::Vetted(_)) => Ok(self.odd(target, args, "is called through a helper")),
            _ => self.used(target, args, how),
        }
    }

    fn attribute(&mut self, callee: Value, args: Value, items: &[Value]) -> Use {
        let [object, name, ..] = items else {
            return self.odd(callee, args, "gets too few arguments");
        };
        let name = self.text(*name);
        let is_plain = name.as_deref().is_some_and(|name| {
            !name.starts_with("__") && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        // Members of an enumeration and methods are taken from their class or object like this. What
        // comes of it can be kept, and not called.
        let class = match self.heap.node(*object) {
            Some(Node::Made(index)) => self.heap.made(index).map_or(*object, |made| made.callee),
            _ => *object,
        };
        let class = self.module_class(class).unwrap_or(class);
        if is_plain && self.is_vetted(class, Roles::NEW) {
            return Use::Fine(Some(INERT));
        }
        let evidence = self.express_call(callee, args);
        self.note(Deed::Escapes("takes any attribute"), "builtins.getattr".to_owned(), evidence);
        Use::Noted
    }

    /// Old `PyTorch` named the classes of whole models so: ('module', class, file, source).
    fn module_class(&self, value: Value) -> Option<Value> {
        let Some(Node::Persistent { start }) = self.heap.node(value) else { return None };
        match self.heap.items(self.heap.persistent_id(start))? {
            [kind, class, ..] if self.text(*kind).as_deref() == Some("module") => Some(*class),
            _ => None,
        }
    }

    fn odd(&mut self, callee: Value, args: Value, how: &str) -> Use {
        let evidence = self.express_call(callee, args);
        let subject = format!("{} {how}", self.express(callee));
        self.note(Deed::UsesOddly, subject, evidence);
        Use::Noted
    }

    fn is_vetted(&self, value: Value, role: Roles) -> bool {
        matches!(
            self.heap.global(value).map(|global| global.standing),
            Some(Standing::Vetted(vetted)) if vetted.roles.has(role)
        )
    }

    fn is_plain_encoding(&self, value: Value) -> bool {
        let text = self.text(value).unwrap_or_default().to_lowercase().replace('_', "-");
        ["latin1", "latin-1", "iso-8859-1", "utf-8", "utf8", "ascii", "us-ascii"]
            .contains(&text.as_str())
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
fn looks_like(text: &str) -> Option<&'static str> {
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
