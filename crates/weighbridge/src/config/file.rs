//! The configuration file: TOML into settings that know their line.

use std::path::Path;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::load::{ConfigError, Given, Setting};
use super::origin::Origin;

/// A configuration larger than this is a mistake.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Reads every setting of the file at `path`.
pub(crate) fn read(path: &Path) -> Result<Vec<Setting>, ConfigError> {
    let cannot = |why: &dyn std::fmt::Display| {
        ConfigError::new(format!("the configuration file `{}` cannot be read", path.display()))
            .because(why.to_string())
    };
    let size_bytes = std::fs::metadata(path).map_err(|error| cannot(&error))?.len();
    if size_bytes > MAX_BYTES {
        return Err(cannot(&format_args!("it has {size_bytes} bytes, more than {MAX_BYTES}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| cannot(&error))?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<Vec<Setting>, ConfigError> {
    let document = DeTable::parse(text).map_err(|error| {
        let place = error.span().map(|span| format!(":{}", line_of(text, span.start)));
        let place = place.unwrap_or_default();
        ConfigError::new(format!("`{}{place}` is not TOML", path.display()))
            .because(error.message().trim().replace('\n', ", "))
    })?;
    let mut settings = Vec::new();
    flatten(path, text, document.get_ref(), &[], &mut settings);
    Ok(settings)
}

fn flatten(path: &Path, text: &str, table: &DeTable<'_>, above: &[String], to: &mut Vec<Setting>) {
    for (name, value) in table {
        let mut key = above.to_vec();
        key.push(name.get_ref().to_string());
        if let DeValue::Table(inner) = value.get_ref()
            && !inner.is_empty()
        {
            flatten(path, text, inner, &key, to);
            continue;
        }
        let line = line_of(text, name.span().start);
        let origin = Origin::File { path: path.to_owned(), line };
        to.push(Setting { key, value: Given::Typed(json(value.get_ref())), origin });
    }
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            match i64::from_str_radix(&digits, number.radix()) {
                Ok(number) => Value::from(number),
                Err(_) => Value::String(digits),
            }
        }
        DeValue::Float(number) => {
            let number = number.as_str().parse::<f64>().ok();
            number.and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
        }
        DeValue::Boolean(yes) => Value::Bool(*yes),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(name, value)| (name.get_ref().to_string(), json(value.get_ref())))
            .collect(),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_knows_its_line() {
        let text = "listen = \"[::1]:1\"\n\n[scan]\n# room\nmemory_mib = 1_024\n";
        let settings = parse(Path::new("w.toml"), text).unwrap();
        let lines: Vec<String> =
            settings.iter().map(|s| format!("{} {}", s.key.join("."), s.origin)).collect();
        assert_eq!(lines, ["listen w.toml:1", "scan.memory_mib w.toml:5"]);
        assert!(matches!(&settings[1].value, Given::Typed(value) if *value == 1024));
    }

    #[test]
    fn a_broken_file_names_the_line() {
        let error = parse(Path::new("w.toml"), "a = 1\nb = = 2\n").err().unwrap();
        assert!(error.what.contains("w.toml:2"), "{}", error.what);
    }
}
