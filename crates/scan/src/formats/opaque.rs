//! Formats that are recognised and not read yet: what they hold stays unknown.

use weighbridge_domain::{Format, Hasher};

use super::Reader;
use crate::analyse::{Entry, Head, Scan, Stop};

/// The reader of these formats.
pub(crate) static READER: Reader =
    Reader { format: Format::known("opaque"), header_only: false, sniff, read };

/// Magic bytes, where they stand, and the word for the format.
static MAGICS: &[(usize, &[u8], &str)] = &[
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"SQLite format 3\0", "sqlite"),
    (0, b"%PDF-", "pdf"),
    (0, b"ggml", "ggml"),
    (0, b"lmgg", "ggml"),
    (0, b"ggjt", "ggml"),
    (0, b"tjgg", "ggml"),
    (0, b"ggla", "ggml"),
    (0, b"\xd0\xcf\x11\xe0", "ole"),
    (0, b"\x00asm", "wasm"),
    (0, b"Obj\x01", "avro"),
    (0, b"\xca\xfe\xba\xbe", "java"),
    (0, b"dex\n", "dex"),
];

fn find(head: &Head<'_>) -> Option<&'static str> {
    let magic = MAGICS.iter().find(|(at, magic, _)| head.has(*at, magic));
    if let Some((_, _, word)) = magic {
        return Some(word);
    }
    let by_name = match head.entry.extension().as_str() {
        "h5" | "hdf5" => Some("hdf5"),
        _ => None,
    };
    // A name alone makes no text opaque.
    let is_binary = head.bytes.contains(&0);
    by_name.filter(|_| is_binary)
}

fn sniff(head: &Head<'_>) -> bool {
    find(head).is_some()
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let start = entry.read(0, 512.min(usize::try_from(entry.size).unwrap_or(512)))?;
    let word = find(&Head { bytes: &start, entry }).unwrap_or("unknown");
    scan.skip(entry.place(None), format!("{word} is not examined yet"));
    Ok(Format::known(word))
}

/// Feeds the magic bytes into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{MAGICS:?}").as_bytes());
}
