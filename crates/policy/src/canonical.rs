//! Canonical JSON: sorted keys, no spaces, so that equal documents have equal digests.
//!
//! The keys are sorted here and not left to `serde_json`, whose maps keep the order of insertion as
//! soon as any crate of the build asks for that.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// Writes `document`, which has to be made of maps with text keys, lists, texts and numbers.
pub(crate) fn text(document: &impl Serialize) -> String {
    // Our documents have text keys and no failing serialisers, the only ways for this to fail.
    let value = serde_json::to_value(document).unwrap_or_default();
    let mut out = String::new();
    write(&value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            out.push('{');
            for (position, (key, member)) in sorted.into_iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write(&Value::from(key.as_str()), out);
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}
