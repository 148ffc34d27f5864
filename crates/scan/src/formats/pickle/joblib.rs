//! joblib writes the values of an array into the stream, right behind the object that describes it.
//!
//! joblib's loader steps over them; every other loader takes them for opcodes. Both are looked at.

use super::cursor::Halt;
use super::machine::Machine;
use super::value::{Node, Value};

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
            elements = elements.checked_mul(u64::try_from(side).ok()?)?;
        }
        let Some(Node::Made(dtype)) = self.heap.node(field("dtype")?) else { return None };
        let dtype = self.heap.made(dtype)?;
        let class = self.heap.global(dtype.callee)?;
        if class.module != "numpy" || class.name != "dtype" {
            return None;
        }
        let code = self.text(*self.heap.items(dtype.args)?.first()?)?;
        // (version, order, subdtype, names, …): a type with names may have objects inside.
        if let Some([_, _, subdtype, names, ..]) = self.heap.items(dtype.state)
            && (*subdtype != Value::None || *names != Value::None)
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
