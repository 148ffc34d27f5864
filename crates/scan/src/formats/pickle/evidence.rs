//! Writes values the way Python would, short enough for a report.

use super::machine::Machine;
use super::value::{Node, Value};
use crate::analyse::shown;

/// Nesting that is shown.
const DEPTH: u32 = 5;
/// Items of one container that are shown.
const ITEMS: usize = 8;
/// Characters of one text that are shown.
const TEXT: usize = 120;
/// Characters of one piece of evidence.
const WHOLE: usize = 600;

impl Machine<'_> {
    /// The expression that makes a value.
    pub(super) fn express(&self, value: Value) -> String {
        let mut out = String::new();
        self.write(&mut out, value, DEPTH);
        shown(out.as_bytes(), WHOLE)
    }

    /// The expression of a call.
    pub(super) fn express_call(&self, callee: Value, args: Value) -> String {
        let mut out = String::new();
        self.write_call(&mut out, callee, args, DEPTH);
        shown(out.as_bytes(), WHOLE)
    }

    fn write_call(&self, out: &mut String, callee: Value, args: Value, depth: u32) {
        self.write(out, callee, depth);
        let Some(Node::Tuple { size, .. }) = self.heap.node(args) else {
            out.push_str("(*");
            self.write(out, args, depth);
            out.push(')');
            return;
        };
        out.push('(');
        self.write_items(out, self.heap.items(args).unwrap_or_default(), depth);
        if size as usize > ITEMS {
            out.push_str(", …");
        }
        out.push(')');
    }

    fn write_items(&self, out: &mut String, items: &[Value], depth: u32) {
        for (index, item) in items.iter().take(ITEMS).enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            self.write(out, *item, depth);
        }
    }

    fn write(&self, out: &mut String, value: Value, depth: u32) {
        if out.len() > 4 * WHOLE {
            return;
        }
        let Some(inner) = depth.checked_sub(1) else {
            out.push('…');
            return;
        };
        match value {
            Value::Absent => out.push('?'),
            Value::None => out.push_str("None"),
            Value::Bool(true) => out.push_str("True"),
            Value::Bool(false) => out.push_str("False"),
            Value::Int(number) => out.push_str(&number.get().to_string()),
            Value::BigInt => out.push_str("<long integer>"),
            Value::Float(number) => out.push_str(&number.to_string()),
            Value::Text(_) => {
                let text = self.text(value).unwrap_or_default();
                out.push('\'');
                out.push_str(&shown(text.as_bytes(), TEXT));
                out.push('\'');
            }
            Value::Bytes(span) => {
                let count = usize::from(span.short_size()).min(2 * TEXT);
                let bytes = self.cursor.read_back(span.offset(), count).unwrap_or_default();
                let text: String = bytes.iter().map(|b| b.escape_ascii().to_string()).collect();
                out.push_str("b'");
                out.push_str(&shown(text.as_bytes(), TEXT));
                out.push('\'');
            }
            Value::Node(_) => self.write_node(out, value, inner),
        }
    }

    fn write_node(&self, out: &mut String, value: Value, depth: u32) {
        let Some(node) = self.heap.node(value) else { return };
        match node {
            Node::Tuple { size, .. } => {
                out.push('(');
                self.write_items(out, self.heap.items(value).unwrap_or_default(), depth);
                out.push_str(match size {
                    0 | 2..=8 => ")",
                    1 => ",)",
                    _ => ", …)",
                });
            }
            Node::List(contents) => {
                out.push('[');
                self.write_items(out, self.heap.contents(contents), depth);
                out.push(']');
            }
            Node::Set(contents) | Node::FrozenSet(contents) => {
                out.push('{');
                self.write_items(out, self.heap.contents(contents), depth);
                out.push('}');
            }
            Node::Dict(contents) => {
                out.push('{');
                for (index, pair) in self.heap.contents(contents).chunks(2).take(ITEMS).enumerate()
                {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    for (side, item) in pair.iter().enumerate() {
                        if side > 0 {
                            out.push_str(": ");
                        }
                        self.write(out, *item, depth);
                    }
                }
                out.push('}');
            }
            Node::Global(index) => {
                if let Some(global) = self.heap.globals.get(index as usize) {
                    out.push_str(&shown(global.full_name().as_bytes(), 2 * TEXT));
                }
            }
            Node::Made(index) => {
                if let Some(made) = self.heap.made(index) {
                    self.write_call(out, made.callee, made.args, depth);
                }
            }
            Node::Persistent { start } => {
                out.push_str("persistent(");
                self.write(out, self.heap.persistent_id(start), depth);
                out.push(')');
            }
            Node::Storage(index) => {
                if let Some(storage) = self.heap.storages.get(index as usize) {
                    out.push_str(&shown(storage.kind.as_bytes(), TEXT));
                    out.push_str("('");
                    out.push_str(&shown(storage.key.as_bytes(), TEXT));
                    out.push_str("')");
                }
            }
            Node::Extension(code) => {
                out.push_str("extension ");
                out.push_str(&code.to_string());
            }
            Node::Buffer => out.push_str("<buffer>"),
        }
    }
}
