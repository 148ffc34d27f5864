//! What kinds of values keys take.

use serde_json::Value;

/// Reads what a variable or a flag says as what the key takes.
pub(super) fn typed(before: &Value, text: String) -> Result<Value, String> {
    match before {
        Value::Bool(_) => match text.as_str() {
            "true" | "1" | "yes" | "on" => Ok(Value::Bool(true)),
            "false" | "0" | "no" | "off" => Ok(Value::Bool(false)),
            _ => Err(format!("it takes `true` or `false`, not `{text}`")),
        },
        Value::Number(_) => text
            .parse::<u64>()
            .map(Value::from)
            .map_err(|_| format!("it takes a whole number, not `{text}`")),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(items.map(Value::from).collect())
        }
        Value::Null | Value::String(_) | Value::Object(_) => Ok(Value::String(text)),
    }
}

/// Whether a value is of the kind that the key takes.
pub(super) fn same_kind(before: &Value, after: &Value) -> bool {
    match before {
        Value::Null | Value::String(_) => after.is_string(),
        Value::Bool(_) => after.is_boolean(),
        Value::Number(_) => after.is_u64(),
        Value::Array(_) => after.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
        Value::Object(_) => after.is_object(),
    }
}

/// The kind in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null | Value::String(_) => "text in quotes",
        Value::Bool(_) => "`true` or `false`",
        Value::Number(number) if number.is_u64() => "a whole number",
        Value::Number(_) => "another number",
        Value::Array(_) => "a list of texts",
        Value::Object(_) => "a section",
    }
}
