//! Text of every kind: JSON, YAML, Markdown, tables, vocabularies, source code, templates, scripts.
//!
//! Text is inert unless something reads it as a program: scripts, templates, YAML with Python tags and
//! `.pth` files are looked into.

mod code;
mod documents;

use weighbridge_domain::Format;

use super::Reader;
use crate::analyse::{Entry, Head, Scan, Stop};
use crate::source::read_some;

/// The reader of these formats.
pub(crate) static READER: Reader =
    Reader { format: Format::known("text"), header_only: true, sniff, read };

/// Text up to this size is looked into as a whole.
const WHOLE_BYTES: u64 = 64 << 20;
/// Of longer text so much is checked to be text.
const CHECKED_BYTES: usize = 4 << 20;

/// Names of tables and corpora: only data, however long they are.
const BULK: &[&str] = &["csv", "tsv", "jsonl", "ndjson", "txt", "text", "tok", "bpe", "conll"];

/// How text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16,
    /// One byte a character, in a code page that nobody names.
    SingleByte,
}

fn sniff(head: &Head<'_>) -> bool {
    encoding(head.bytes).is_some()
}

/// How bytes are written, when they look like text. A character cut off at the end is forgiven.
fn encoding(bytes: &[u8]) -> Option<Encoding> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return is_utf16(bytes).then_some(Encoding::Utf16);
    }
    let is_control =
        |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    if bytes.iter().any(is_control) {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => Some(Encoding::Utf8),
        Err(error) if error.error_len().is_none() && bytes.len() - error.valid_up_to() < 4 => {
            Some(Encoding::Utf8)
        }
        Err(_) => {
            let high = bytes.iter().filter(|byte| **byte >= 0x80).count();
            // A protocol mark of pickle would be such a byte.
            let fits = high * 3 < bytes.len() && bytes.first().is_some_and(|b| *b < 0x80);
            fits.then_some(Encoding::SingleByte)
        }
    }
}

fn is_utf16(bytes: &[u8]) -> bool {
    char::decode_utf16(utf16(bytes).skip(1))
        .all(|c| c.is_ok_and(|c| !c.is_control() || c.is_whitespace()))
}

/// The units of UTF-16, in the order that the first one tells.
fn utf16(bytes: &[u8]) -> impl Iterator<Item = u16> {
    let is_little = bytes.starts_with(b"\xff\xfe");
    bytes.chunks_exact(2).map(move |pair| match pair {
        [a, b] if is_little => u16::from_le_bytes([*a, *b]),
        [a, b] => u16::from_be_bytes([*a, *b]),
        _ => 0,
    })
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let extension = entry.extension();
    let is_bulk = BULK.contains(&extension.as_str());
    if !entry.is_whole() && !is_bulk {
        return Err(Stop::NeedsMore(entry.size));
    }
    let limit = if is_bulk || entry.size > WHOLE_BYTES {
        CHECKED_BYTES
    } else {
        usize::try_from(entry.size).unwrap_or(CHECKED_BYTES)
    };
    let bytes = read_some(entry.source, 0, limit)?;
    let Some(encoding) = encoding(&bytes) else {
        scan.skip(entry.place(None), "it starts like text and does not go on like it");
        return Ok(Format::known("unknown"));
    };
    if bytes.starts_with(b"version https://git-lfs.github.com/spec/v1") && !is_bulk {
        scan.skip(entry.place(None), "it is a Git LFS pointer, not the file it stands for");
        return Ok(Format::known("lfs-pointer"));
    }
    let is_all = bytes.len() as u64 == entry.size;
    let text = match encoding {
        Encoding::Utf8 | Encoding::SingleByte => String::from_utf8_lossy(&bytes),
        Encoding::Utf16 => String::from_utf16_lossy(&utf16(&bytes).collect::<Vec<u16>>()).into(),
    };
    if let Some(format) = code::read(scan, entry, &extension, &text) {
        return Ok(format);
    }
    if is_bulk {
        return Ok(READER.format.clone());
    }
    Ok(documents::read(scan, entry, &extension, &text, is_all))
}
