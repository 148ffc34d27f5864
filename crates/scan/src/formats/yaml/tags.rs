//! Tags that make Python objects, however they are written.

use std::borrow::Cow;

use crate::analyse::{Entry, Scan, shown};
use crate::formats::callable::{Named, Part};
use crate::rules;

/// The tags of Python objects, in full.
const PYTHON_TAG: &str = "tag:yaml.org,2002:python/";

/// Tags of plain values (`yaml/constructor.py` of `PyYAML`).
const VALUES: &[&str] = &[
    "none", "bool", "str", "unicode", "bytes", "int", "long", "float", "complex", "list", "tuple",
    "dict",
];

/// Tags that make Python objects stand before a value, outside of comments. The lines are searched
/// because readers of YAML differ in what they take for a tag.
pub(super) fn check(scan: &mut Scan, entry: &Entry<'_>, text: &str) {
    let mut offset = 0;
    let mut has_quotes = false;
    for line in text.split_inclusive(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        // Behind a quote a `#` may be inside of a text: from there on, comments count as well.
        let code = if has_quotes { line } else { without_comment(line) };
        has_quotes |= code.contains(['\'', '"']);
        let code = unescaped(code);
        let acts = tags(&code).any(|tag| !is_harmless(tag));
        if acts || names_python_tags(&code) {
            let message = "the YAML file makes Python objects";
            let evidence = shown(code.trim().as_bytes(), 200);
            scan.report(rules::YAML_PYTHON.finding(entry.place(Some(offset)), message, evidence));
        }
        offset += line.len() as u64;
    }
}

/// What follows `python/` in the tags of a line, up to a space: readers take commas and brackets for parts
/// of a tag.
fn tags(code: &str) -> impl Iterator<Item = &str> {
    let starts = ["!python/", PYTHON_TAG].into_iter();
    let rests = starts.flat_map(move |start| {
        code.match_indices(start).filter_map(move |(at, _)| code.get(at + start.len()..))
    });
    rests.filter_map(|rest| rest.split(|c: char| c.is_whitespace() || c == '>').next())
}

/// Values, and names that the tables for pickles vouch for in what the tag does with them.
fn is_harmless(tag: &str) -> bool {
    let (kind, name) = tag.split_once(':').unwrap_or((tag, ""));
    let part = match kind {
        "name" => Part::Kept,
        "object/apply" => Part::Called,
        "object/new" => Part::Made,
        "object" => Part::Filled,
        _ => return VALUES.contains(&tag),
    };
    let (module, name) = name.rsplit_once('.').unwrap_or(("builtins", name));
    Named::may_be(module, name, part)
}

/// The line up to its comment; a `#` behind a quote starts none for certain.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match c {
            '\'' | '"' => return line,
            '#' if before.is_whitespace() => return line.get(..at).unwrap_or(line),
            _ => before = c,
        }
    }
    line
}

/// Tags may be written as in addresses: `%70` is a `p`.
fn unescaped(code: &str) -> Cow<'_, str> {
    if !code.contains('%') {
        return Cow::Borrowed(code);
    }
    let mut out = Vec::with_capacity(code.len());
    let mut rest = code.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = escaped.filter(|_| *first == b'%') {
            out.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            out.push(*first);
            rest = after;
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// A directive can give the start of the tags, or a part of it, another name.
fn names_python_tags(line: &str) -> bool {
    let mut words = line.trim_start_matches('\u{feff}').split_whitespace();
    words.next() == Some("%TAG")
        && words.nth(1).is_some_and(|prefix| {
            prefix != "tag:yaml.org,2002:"
                && (PYTHON_TAG.starts_with(prefix) || prefix.starts_with(PYTHON_TAG))
        })
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::Verdict;

    use crate::{Limits, scan_bytes};

    fn verdict(name: &str, text: &str) -> Verdict {
        scan_bytes(&name.parse().unwrap(), text.as_bytes(), &Limits::default()).verdict()
    }

    #[test]
    fn python_tags_in_yaml_are_dangerous_and_words_about_them_are_not() {
        assert_eq!(
            verdict("a.yaml", "x: !!python/object/apply:os.getpid []\n"),
            Verdict::Dangerous
        );
        assert_eq!(verdict("a.yaml", "# no !!python/name here\nx: 1\n"), Verdict::Clean);
    }

    #[test]
    fn plain_values_and_vetted_names_are_what_training_programs_write() {
        for text in [
            "a: !!python/tuple [1, 2]\nb: !!python/tuple\n- 1\n",
            "!!python/object/apply:collections.OrderedDict\n- - - n_steps\n    - 256\n",
            "act: !!python/name:torch.nn.modules.activation.ReLU ''\n",
            "p: !!python/object/apply:pathlib.PosixPath\n- x\n",
        ] {
            assert_eq!(verdict("hparams.yaml", text), Verdict::Clean, "{text}");
        }
        for text in [
            "a: !!python/tuple,x [1, 2]\n",
            "a: !!python/name:os.system ''\n",
            "a: !!python/name:builtins.getattr ''\n",
            "a: !!python/module:os ''\n",
            "a: !!python/object/apply:builtins.getattr [x, y]\n",
            "a: !!python/object/apply:torch.nn.modules.activation.ReLU []\n",
            "a: [!!python/tuple [1], !!python/object/apply:os.system [id]]\n",
            "a: !!python/object:acme.Net {}\n",
            "a: !!python/object/new:eval [x]\n",
        ] {
            assert_eq!(verdict("hparams.yaml", text), Verdict::Dangerous, "{text}");
        }
    }

    #[test]
    fn no_way_of_writing_a_python_tag_is_overlooked() {
        for text in [
            "- ['a #', !!python/object/apply:os.system [id]]\n",
            "- [\"a\n# b\", !!python/object/apply:os.system [id]]\n",
            "- [\"a \\\" # b\", !!python/object/apply:os.system [id]]\n",
            "- !!%70yth%6fn/object/apply:os.system [id]\n",
            "- !<tag:yaml.org,2002:pytho%6E/object/apply:os.system> [id]\n",
            "%TAG !x! tag:yaml.org,2002:pyth\n---\n- !x!on/object/apply:os.system [id]\n",
            "%TAG ! tag:yaml.org,2002:python/\n---\n- !object/apply:os.system [id]\n",
            "# a\r- !!python/object/apply:os.system [id]\r",
            "# a\u{2028}- !!python/object/apply:os.system [id]\n",
        ] {
            assert_eq!(verdict("a.yaml", text), Verdict::Dangerous, "{text}");
        }
        for text in ["%TAG !! tag:yaml.org,2002:\n---\na: 100%\n", "a: 'b'\n# c\n", "a: b#c\n"] {
            assert_eq!(verdict("a.yaml", text), Verdict::Clean, "{text}");
        }
    }

    #[test]
    fn text_of_two_bytes_a_character_is_read() {
        let text = "\u{feff}- !!python/object/apply:os.system [id]\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let report = scan_bytes(&"a.yaml".parse().unwrap(), &bytes, &Limits::default());
            assert_eq!(report.verdict(), Verdict::Dangerous);
        }
    }
}
