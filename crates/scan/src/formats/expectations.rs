//! Compares what a file is with what its name promises.

use weighbridge_domain::Hasher;

use crate::analyse::{Entry, Scan};
use crate::rules;

/// Suffixes of weight formats and the word of the one format that fits.
const WEIGHTS: &[(&str, &str)] = &[("safetensors", "safetensors"), ("gguf", "gguf")];

/// Suffixes of files that are never text.
const BINARY: &[&str] = &[
    "bin", "pt", "ckpt", "pkl", "pickle", "joblib", "npy", "npz", "zip", "keras", "h5", "onnx",
    "tar", "gz", "tgz", "bz2", "xz", "zst", "lz4", "lzma", "7z", "skops", "mar", "msgpack", "ubj",
    "parquet", "arrow", "feather", "nemo", "rds", "rda", "t7", "cbm", "engine", "plan",
];

/// Suffixes of files that nobody expects to act.
const DATA: &[&str] = &[
    "json",
    "jsonl",
    "ndjson",
    "txt",
    "md",
    "rst",
    "csv",
    "tsv",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "xml",
    "html",
    "css",
    "svg",
    "png",
    "jpg",
    "jpeg",
    "gif",
    "webp",
    "bmp",
    "tif",
    "tiff",
    "ico",
    "wav",
    "mp3",
    "flac",
    "ogg",
    "mp4",
    "mkv",
    "avi",
    "webm",
    "pdf",
    "parquet",
    "arrow",
    "feather",
    "jinja",
    "jinja2",
    "gitattributes",
    "gitignore",
    "lock",
    "py",
    "ipynb",
    "sh",
    "onnx",
    "tflite",
    "spm",
    "vocab",
    "merges",
    "log",
    "tex",
    "bib",
];

/// Names without suffix that nobody expects to act.
const DATA_NAMES: &[&str] = &["LICENSE", "LICENCE", "NOTICE", "README", "COPYING", "CHANGELOG"];

/// Reports a name that promises something else.
pub(super) fn check(scan: &mut Scan, entry: &Entry<'_>, format: &str) {
    let extension = entry.extension();
    let name = entry.file_name();
    if let Some(how) = deceives(name) {
        let evidence = name.escape_unicode().to_string();
        let message = format!("the name of the file {how}");
        scan.report(rules::NAME_DECEPTIVE.finding(entry.place(None), message, evidence));
    }
    let acts = matches!(format, "pickle" | "joblib" | "torch" | "zip" | "tar" | "keras");
    let promised = WEIGHTS.iter().find(|(suffix, _)| *suffix == extension);
    let is_data = DATA.contains(&extension.as_str())
        || DATA_NAMES.contains(&name)
        || DATA.iter().any(|suffix| name.strip_prefix('.') == Some(*suffix));
    let breaks_promise =
        promised.is_some_and(|(_, wanted)| *wanted != format && format != "lfs-pointer");
    let is_text = matches!(format, "text" | "script" | "json" | "markdown" | "yaml");
    let breaks_promise = breaks_promise || (is_text && BINARY.contains(&extension.as_str()));
    let evidence = format!("{name} is {format}");
    if acts && (breaks_promise || is_data) {
        let message = format!("the file is named like data and is {format}");
        scan.report(rules::NAME_MISMATCH.finding(entry.place(None), message, evidence));
    } else if breaks_promise {
        let message = format!("the file is named {extension} and is {format}");
        scan.report(rules::NAME_UNEXPECTED.finding(entry.place(None), message, evidence));
    }
}

/// How a name makes eyes read another one.
fn deceives(name: &str) -> Option<&'static str> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let hides = |c: char| matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
    if name.contains(turns) {
        return Some("turns its own direction of writing");
    }
    if name.contains(hides) {
        return Some("holds letters that nobody sees");
    }
    // Greek and Cyrillic letters look like Latin ones; a word is written in one script.
    let is_foreign = |c: char| c.is_alphabetic() && matches!(c, '\u{370}'..='\u{52f}');
    let mut words = name.split(|c: char| !c.is_alphabetic());
    words
        .any(|word| word.contains(is_foreign) && word.contains(|c: char| c.is_ascii_alphabetic()))
        .then_some("mixes letters of two scripts in one word")
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{WEIGHTS:?}{BINARY:?}{DATA:?}{DATA_NAMES:?}").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::deceives;

    #[test]
    fn names_that_eyes_misread_are_told() {
        for name in ["mod\u{435}l.bin", "model\u{202e}nib.py", "mo\u{200b}del.bin"] {
            assert!(deceives(name).is_some(), "{name:?}");
        }
        for name in ["model.bin", "модель.bin", "Übersicht-é.txt", "模型_v2.bin", "α-version.txt"]
        {
            assert_eq!(deceives(name), None, "{name}");
        }
    }
}
