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

/// `1 file`, `2 files`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
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

/// Text from outside as it is, with what cannot be seen, or turns the reading round, written out.
pub(crate) fn plain(text: &str) -> String {
    let is_hidden = |letter: char| {
        letter.is_control() && letter != '\t'
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hidden(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// One line of a difference.
pub(crate) struct Line {
    /// The class that shades it; the sign at its start says the same.
    pub(crate) shade: &'static str,
    pub(crate) text: String,
}

/// A difference as `diff -u` writes it, line by line.
pub(crate) fn diff_lines(diff: &str) -> Vec<Line> {
    let shade = |line: &str| match line.chars().next() {
        Some('+') => "add",
        Some('-') => "del",
        Some('@') => "at",
        _ => "",
    };
    diff.lines().map(|line| Line { shade: shade(line), text: plain(line) }).collect()
}

/// A sentence of ours as HTML: what stands between backticks is code, and everything is escaped.
pub(crate) fn prose(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    let pieces: Vec<&str> = text.split('`').collect();
    let last = pieces.len().saturating_sub(1);
    for (index, piece) in pieces.iter().enumerate() {
        // A backtick without a partner is only a backtick.
        let is_code = index % 2 == 1 && index < last;
        match (is_code, index % 2 == 1) {
            (true, _) => html.push_str("<code>"),
            (false, true) => html.push('`'),
            (false, false) => {}
        }
        escape(&with_short_moments(piece), &mut html);
        if is_code {
            html.push_str("</code>");
        }
    }
    html
}

/// The moments in a sentence as [`moment`] tells them.
fn with_short_moments(text: &str) -> String {
    let is_moment = |word: &str| {
        word.len() >= 20
            && word.ends_with('Z')
            && word.bytes().enumerate().all(|(at, letter)| match at {
                4 | 7 => letter == b'-',
                10 => letter == b'T',
                13 | 16 => letter == b':',
                0..19 => letter.is_ascii_digit(),
                _ => letter.is_ascii_digit() || matches!(letter, b'.' | b'Z'),
            })
    };
    let mut said = String::with_capacity(text.len());
    for piece in text.split_inclusive([' ', ',', ';', ')']) {
        let word = piece.trim_end_matches([' ', ',', ';', ')']);
        let rest = piece.get(word.len()..).unwrap_or_default();
        if is_moment(word) {
            said.push_str(&moment(word));
            said.push_str(rest);
        } else {
            said.push_str(piece);
        }
    }
    said
}

fn escape(text: &str, html: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

/// One part of a document, value by value.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) rows: Vec<(String, String)>,
}

/// A document part by part. Lists of things are left out: they have tables of their own.
pub(crate) fn parts(document: &Value) -> Vec<Part> {
    let Value::Object(fields) = document else { return Vec::new() };
    let mut parts = Vec::new();
    for (name, value) in fields {
        let Value::Object(inner) = value else { continue };
        let mut rows = Vec::new();
        for (name, value) in inner {
            flatten(name, value, &mut rows);
        }
        parts.push(Part { name: spaced(name), rows });
    }
    parts
}

fn flatten(name: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (inner, value) in fields {
                flatten(&format!("{name} {inner}"), value, rows);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {}
        Value::Number(count) if name.ends_with("_bytes") => {
            let name = name.trim_end_matches("_bytes");
            rows.push((format!("{} size", spaced(name)), bytes(count.as_u64().unwrap_or(0))));
        }
        other => rows.push((spaced(name), word(other))),
    }
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "not known".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(word).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_parts() {
        let document = serde_json::json!({
            "environment": "dev",
            "revision": {"total_bytes": 2048, "licences": ["mit", "x"], "manifest": null},
            "findings": [{"rule": "x"}],
            "scan": {"example_unknown": {"path": "a"}, "sandboxed": true, "formats": []},
        });
        let shown: Vec<String> = parts(&document)
            .into_iter()
            .flat_map(|part| part.rows.into_iter().map(move |row| (part.name.clone(), row)))
            .map(|(part, (name, value))| format!("{part}/{name}={value}"))
            .collect();
        assert_eq!(
            shown,
            [
                "revision/licences=mit, x",
                "revision/manifest=not known",
                "revision/total size=2.0 KiB",
                "scan/example unknown path=a",
                "scan/formats=none",
                "scan/sandboxed=yes",
            ]
        );
    }

    #[test]
    fn a_hostile_sentence_stays_a_sentence() {
        assert_eq!(
            prose("`a<b>` is \"x\" & `open"),
            "<code>a&lt;b&gt;</code> is &quot;x&quot; &amp; `open"
        );
        assert_eq!(prose("plain"), "plain");
        assert_eq!(
            prose("until 2026-11-22T01:17:44.815105Z; or 2026-11-22T01:17:44Z"),
            "until 2026-11-22 01:17 UTC; or 2026-11-22 01:17 UTC"
        );
        assert_eq!(prose("2026-11-22T01:17 is short"), "2026-11-22T01:17 is short");
        assert_eq!(prose("`<script>`"), "<code>&lt;script&gt;</code>");
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(plain("a\u{202e}b\u{200b}\tc\u{7}"), "a\\u{202e}b\\u{200b}\tc\\u{7}");
        assert_eq!(plain("Grüße, 世界"), "Grüße, 世界");
    }

    #[test]
    fn moments_and_sizes_are_short() {
        assert_eq!(moment("2026-11-20T13:40:01.000001Z"), "2026-11-20 13:40 UTC");
        assert_eq!(bytes(1_610_612_736), "1.5 GiB");
        assert_eq!(bytes(12), "12 B");
    }
}
