//! joblib writes the values of an array into the stream, right behind the object that describes it.
//!
//! joblib's loader steps over them; every other loader takes them for opcodes. Both are looked at.

use super::cursor::Halt;
use super::machine::Machine;
use super::value::{LIST_ITEMS, Node, Value};

/// Structured types inside each other.
const FIELDS_DEPTH: u32 = 4;

/// What the state of an array's description says about the bytes behind it.
enum Raw {
    /// So many bytes, after padding when there is any.
    Bytes { size: u64, is_padded: bool },
    /// A pickle of its own.
    Objects,
}

impl Machine<'_> {
    /// Steps over the array behind a `NumpyArrayWrapper` that just got its state.
    pub(super) fn array_behind(&mut self, target: Value, state: Value) -> Result<(), Halt> {
        if self.is_plain || !self.is_joblib_array(target) {
            return Ok(());
        }
        let raw = self
            .describe_array(state)
            .ok_or(Halt::Broken("an array of joblib is described in an unknown way"))?;
        self.leave_frame()?;
        let from = self.cursor.position();
        match raw {
            Raw::Bytes { size, is_padded } => {
                if is_padded {
                    let padding = self.cursor.byte()?;
                    self.cursor.skip(u64::from(padding))?;
                }
                self.cursor.skip(size)?;
                self.raw.push((from, self.cursor.position()));
                Ok(())
            }
            Raw::Objects => {
                self.raw.push((from, from));
                self.inner_stream()
            }
        }
    }

    fn is_joblib_array(&self, target: Value) -> bool {
        let Some(Node::Made(index)) = self.heap.node(target) else { return false };
        self.heap.made(index).and_then(|made| self.heap.global(made.callee)).is_some_and(|class| {
            class.module == "joblib.numpy_pickle" && class.name == "NumpyArrayWrapper"
        })
    }

    /// Whether the fields of a structured type, by name `(type, offset)`, hold no objects: those would
    /// be a pickle, not bytes.
    fn are_plain_fields(&self, fields: Value, depth: u32) -> bool {
        let Some(Node::Dict(contents)) = self.heap.node(fields) else { return false };
        let pairs = self.heap.contents(contents);
        // Only as many as are kept can be looked at.
        let is_whole = !pairs.is_empty() && pairs.len() < LIST_ITEMS;
        is_whole
            && pairs.chunks_exact(2).all(|pair| {
                let field = pair.get(1).and_then(|value| self.heap.items(*value));
                let Some([dtype, ..]) = field else { return false };
                let Some(Node::Made(index)) = self.heap.node(*dtype) else { return false };
                let Some(dtype) = self.heap.made(index) else { return false };
                let code = self.heap.items(dtype.args).and_then(|args| self.text(*args.first()?));
                let is_plain = code.is_some_and(|code| {
                    let kind = code.chars().next().unwrap_or('O');
                    "?bhilqBHILQefdgFDGiufcSU".contains(kind)
                });
                is_plain || (depth > 0 && self.has_plain_fields(dtype.state, depth - 1))
            })
    }

    fn has_plain_fields(&self, state: Value, depth: u32) -> bool {
        match self.heap.items(state) {
            Some([_, _, Value::None, _, fields, ..]) => self.are_plain_fields(*fields, depth),
            _ => false,
        }
    }

    fn describe_array(&self, state: Value) -> Option<Raw> {
        let Some(Node::Dict(contents)) = self.heap.node(state) else { return None };
        let fields = self.heap.contents(contents);
        let field = |name: &str| {
            fields.chunks_exact(2).find_map(|pair| match pair {
                [key, value] if self.text(*key).as_deref() == Some(name) => Some(*value),
                _ => None,
            })
        };
        let mut elements: u64 = 1;
        for side in self.heap.all_items(field("shape")?)? {
            let Value::Int(side) = *side else { return None };
            elements = elements.checked_mul(u64::try_from(side.get()).ok()?)?;
        }
        let Some(Node::Made(dtype)) = self.heap.node(field("dtype")?) else { return None };
        let dtype = self.heap.made(dtype)?;
        let class = self.heap.global(dtype.callee)?;
        if class.module != "numpy" || class.name != "dtype" {
            return None;
        }
        let code = self.text(*self.heap.items(dtype.args)?.first()?)?;
        // (version, order, subdtype, names, fields, …)
        if let Some([_, _, subdtype, names, fields, ..]) = self.heap.items(dtype.state)
            && (*subdtype != Value::None || *names != Value::None)
            && (*subdtype != Value::None || !self.are_plain_fields(*fields, FIELDS_DEPTH))
        {
            return None;
        }
        let kind = code.chars().next()?;
        if kind == 'O' {
            return Some(Raw::Objects);
        }
        let size: u64 = code.get(1..)?.parse().ok()?;
        let size = if kind == 'U' { size.checked_mul(4)? } else { size };
        let is_padded = matches!(field("numpy_array_alignment_bytes"), Some(Value::Int(_)));
        Some(Raw::Bytes { size: size.checked_mul(elements)?, is_padded })
    }
}
