//! How values look on a page.

use serde_json::Value;

/// `2026-11-20 13:40 UTC` out of RFC 3339.
pub(crate) fn moment(text: &str) -> String {
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text.to_owned(),
    }
}

/// The first characters of a digest or a commit.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(12).collect()
}

/// Bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut tenths = u128::from(count) * 10 / 1024;
    let mut units = UNITS.iter().peekable();
    let mut unit = units.next().unwrap_or(&"KiB");
    while tenths >= 10_240 && units.peek().is_some() {
        tenths /= 1024;
        unit = units.next().unwrap_or(unit);
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// Every value of a document with its path, lists of words in one line, lists of things left out.
pub(crate) fn flat(document: &Value) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    flatten("", document, &mut rows);
    rows
}

fn flatten(path: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, rows);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {}
        Value::Array(items) => {
            let words: Vec<String> = items.iter().map(word).collect();
            let words = if words.is_empty() { "none".to_owned() } else { words.join(", ") };
            rows.push((path.to_owned(), words));
        }
        other => rows.push((path.to_owned(), word(other))),
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "not known".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_rows() {
        let document = serde_json::json!({
            "a": {"b": 1, "c": null}, "d": ["x", "y"], "e": [], "f": [{"g": 1}],
        });
        let rows: Vec<String> =
            flat(&document).into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(rows, ["a.b=1", "a.c=not known", "d=x, y", "e=none"]);
    }

    #[test]
    fn moments_and_sizes_are_short() {
        assert_eq!(moment("2026-11-20T13:40:01.000001Z"), "2026-11-20 13:40 UTC");
        assert_eq!(bytes(1_610_612_736), "1.5 GiB");
        assert_eq!(bytes(12), "12 B");
    }
}
