//! What a vetted name may be given: each has a check of its own, and whatever does not pass it is told.

use super::calls::{How, Use};
use super::cursor::Halt;
use super::facts::{Deed, Nested};
use super::machine::Machine;
use super::names::{Check, Roles, Standing, UFUNCS, Vetted};
use super::value::{Node, Value};

/// Attributes that act, or lead to what does.
const ACTING: &[&str] = &[
    "Popen",
    "call",
    "check_call",
    "check_output",
    "eval",
    "exec",
    "execv",
    "execve",
    "getoutput",
    "import_module",
    "load",
    "loads",
    "open",
    "popen",
    "run",
    "spawn",
    "system",
];

/// Bytes of pickles in texts, and of all else that is kept, beyond which they are not examined.
const DECODED_BYTES: usize = 16 << 20;

/// What can be referred to and not used further.
const INERT: Vetted = Vetted { roles: Roles::VALUE, check: Check::Any };
/// What can be referred to and given a state.
const STATEFUL: Vetted = Vetted { roles: Roles::VALUE.and(Roles::BUILD), check: Check::Any };

impl Machine<'_> {
    /// Judges a use of a vetted name: whether it has this role, and what it is given.
    pub(super) fn used_vetted(
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
            Check::Any | Check::Distribution => Ok(Use::Fine(Some(vetted))),
            Check::MakesFirst | Check::CallsFirst => {
                let Some(first @ Value::Node(_)) = first else {
                    return Ok(self.odd(callee, args, "gets no class"));
                };
                let how = if vetted.check == Check::MakesFirst { How::New } else { How::Call };
                let rest = self.heap.tuple(items.get(1..).unwrap_or_default())?;
                self.used_through(first, rest, how)
            }
            Check::Getter => Ok(self.getter(callee, args, &items)),
            Check::Attribute => Ok(self.attribute(callee, args, &items)),
            Check::Codec => match items.as_slice() {
                [_] => Ok(Use::Fine(Some(vetted))),
                [_, encoding] if self.is_plain_encoding(*encoding) => Ok(Use::Fine(Some(vetted))),
                _ => Ok(self.odd(callee, args, "gets an unusual encoding")),
            },
            Check::Factory
                if self.grows(Check::Contents, items.get(1..).unwrap_or_default()).is_some() =>
            {
                self.note_call(Deed::Grows, "a great many numbers", callee, args);
                Ok(Use::Noted)
            }
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
            Check::Repr => match first.and_then(|text| self.text(text)) {
                Some(text) if is_range(&text) => Ok(Use::Fine(Some(INERT))),
                _ => {
                    let way = Deed::Escapes("runs code");
                    self.note_call(way, self.express(callee), callee, args);
                    Ok(Use::Noted)
                }
            },
            Check::One if items.len() == 1 => Ok(Use::Fine(Some(INERT))),
            Check::One => Ok(self.odd(callee, args, "gets more than one argument")),
            Check::NestedTorch => {
                if let Some(Value::Bytes(span)) = first {
                    let size = self.heap.span_size(span);
                    self.nested.push(Nested { offset: span.offset(), size });
                    return Ok(Use::Fine(Some(STATEFUL)));
                }
                if let Some(text) = first.and_then(|value| self.encoded(value)) {
                    let offset = self.at();
                    let kept = self.kept_bytes;
                    let bytes = latin1(&text).filter(|bytes| kept + bytes.len() <= DECODED_BYTES);
                    self.kept_bytes += bytes.as_ref().map_or(0, Vec::len);
                    self.handed.push((offset, bytes));
                    return Ok(Use::Fine(Some(STATEFUL)));
                }
                self.note_call(Deed::ImportsComputed, "a pickle that it works out", callee, args);
                Ok(Use::Noted)
            }
            Check::Tensor => {
                if let Some(why) = self.tensor_outside(&items) {
                    self.note_call(Deed::TensorOutside, why, callee, args);
                }
                Ok(Use::Fine(Some(vetted)))
            }
            Check::Contents | Check::Range | Check::Shape | Check::Number => {
                if let Some(what) = self.grows(vetted.check, &items) {
                    self.note_call(Deed::Grows, what, callee, args);
                }
                // What comes of it is filled, not made again.
                let is_range = vetted.check == Check::Range;
                let check = if is_range { Check::Range } else { Check::Any };
                Ok(Use::Fine(Some(Vetted { check, ..vetted })))
            }
            Check::Applies => {
                let [function @ Value::Node(_), given @ Value::Node(_), ..] = items.as_slice()
                else {
                    return Ok(self.odd(callee, args, "gets no function"));
                };
                self.used_through(*function, *given, How::Call)
            }
            Check::Ufunc => match items.as_slice() {
                [module, name]
                    if self.text(*module).is_some_and(|m| m == "numpy")
                        && self.text(*name).is_some_and(|n| UFUNCS.contains(&n.as_str())) =>
                {
                    Ok(Use::Fine(Some(INERT)))
                }
                _ => {
                    self.note_call(
                        Deed::Escapes("imports by name"),
                        self.express(callee),
                        callee,
                        args,
                    );
                    Ok(Use::Noted)
                }
            },
        }
    }

    /// A class or function that a vetted helper makes or calls: only vetted ones are fine.
    fn used_through(&mut self, target: Value, args: Value, how: How) -> Result<Use, Halt> {
        match self.heap.global(target).map(|global| global.standing) {
            Some(Standing::Vetted(vetted)) if vetted.check.is_harmless() => {
                let role = if vetted.roles.has(Roles::CALL) { How::Call } else { How::New };
                if role == How::Call || vetted.roles.has(Roles::NEW) {
                    self.used_vetted(vetted, target, args, role)
                } else {
                    Ok(self.odd(target, args, "is made through a helper"))
                }
            }
            // `_create_array(_reconstruct, (ndarray, (0,), b"b"), state)`.
            Some(Standing::Vetted(vetted)) if vetted.check == Check::CallsFirst => {
                self.used_vetted(vetted, target, args, How::Call)
            }
            // `_rebuild_from_type_v2(_rebuild_tensor_v2, type, args, state)`.
            Some(Standing::Vetted(vetted)) if vetted.check == Check::Tensor => {
                Ok(Use::Fine(Some(vetted)))
            }
            Some(Standing::Vetted(_)) => Ok(self.odd(target, args, "is called through a helper")),
            _ => self.used(target, args, how),
        }
    }

    /// What a getter is made for: to be called by somebody else.
    fn getter(&mut self, callee: Value, args: Value, items: &[Value]) -> Use {
        let is_plain = |name: &Value| {
            let name = self.text(*name).unwrap_or_default();
            !name.is_empty()
                && name.split('.').all(|hop| !hop.starts_with("__") && !ACTING.contains(&hop))
        };
        if items.iter().all(is_plain) {
            return self.odd(callee, args, "waits for an object");
        }
        let way = Deed::Escapes("takes any attribute");
        self.note_call(way, self.express(callee), callee, args);
        Use::Noted
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
        self.note_call(Deed::Escapes("takes any attribute"), "builtins.getattr", callee, args);
        Use::Noted
    }

    /// Old `PyTorch` named the classes of whole models so: ('module', class, file, source).
    pub(super) fn module_class(&self, value: Value) -> Option<Value> {
        let Some(Node::Persistent { start }) = self.heap.node(value) else { return None };
        match self.heap.items(self.heap.persistent_id(start))? {
            [kind, class, ..] if self.text(*kind).as_deref() == Some("module") => Some(*class),
            _ => None,
        }
    }

    /// The text of `_codecs.encode(text, "latin1")`: what protocols 0 to 2 write for bytes.
    fn encoded(&self, value: Value) -> Option<String> {
        let Some(Node::Made(index)) = self.heap.node(value) else { return None };
        let made = self.heap.made(index)?;
        let [Value::Text(span), encoding] = self.heap.all_items(made.args)? else {
            return None;
        };
        let global = self.heap.global(made.callee)?;
        let is_encoding = global.module == "_codecs" && global.name == "encode";
        let name = self.text(*encoding)?.to_lowercase().replace('_', "-");
        let is_latin1 = ["latin1", "latin-1", "iso-8859-1"].contains(&name.as_str());
        let size = usize::try_from(self.heap.span_size(*span)).ok()?;
        if !is_encoding || !is_latin1 {
            return None;
        }
        if size > 2 * DECODED_BYTES {
            return Some(String::new());
        }
        if let Some(text) = self.decoded.get(&span.offset()) {
            return Some(text.clone());
        }
        let bytes = self.cursor.read_back(span.offset(), size)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
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
}

/// The bytes of a text in Latin-1; none of an empty one, or of one that has other characters.
fn latin1(text: &str) -> Option<Vec<u8>> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.filter(|bytes| !bytes.is_empty())
}

/// `range(0, 4)`, as dill writes it.
fn is_range(text: &str) -> bool {
    let inner = text.strip_prefix("range(").and_then(|rest| rest.strip_suffix(')'));
    inner.is_some_and(|inner| inner.bytes().all(|b| b.is_ascii_digit() || b" ,-".contains(&b)))
}
