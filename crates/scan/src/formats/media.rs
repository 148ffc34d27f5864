//! Pictures, sound, film and fonts: data for their decoders, recognised by what they start with.

use weighbridge_domain::{Format, Hasher};

use super::Reader;
use crate::analyse::{Entry, Head, Scan, Stop};

/// The reader of these formats.
pub(crate) static READER: Reader =
    Reader { format: Format::known("media"), header_only: true, sniff, read };

/// Magic bytes, where they stand, and the word for the format.
static MAGICS: &[(usize, &[u8], &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (8, b"WEBP", "webp"),
    (8, b"WAVE", "wav"),
    (8, b"AVI ", "avi"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"\0\0\x01\0", "ico"),
    (0, b"wOF2", "font"),
    (0, b"wOFF", "font"),
    (0, b"OTTO", "font"),
    (0, b"\x00\x01\x00\x00\x00", "font"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (4, b"ftyp", "mp4"),
];

fn find(head: &Head<'_>) -> Option<&'static str> {
    let (at, _, word) = MAGICS.iter().find(|(at, magic, _)| head.has(*at, magic))?;
    // `WEBP`, `WAVE` and `AVI ` stand inside a RIFF container.
    (*at != 8 || head.starts_with(b"RIFF") || head.starts_with(b"RF64")).then_some(*word)
}

fn sniff(head: &Head<'_>) -> bool {
    find(head).is_some() || is_mp3(head) || is_bmp(head)
}

/// Frames without a tag before them.
fn is_mp3(head: &Head<'_>) -> bool {
    matches!(head.bytes, [0xff, 0xfb | 0xf3 | 0xf2, third, ..] if *third & 0xf0 != 0xf0)
        && head.entry.extension() == "mp3"
}

/// Two letters are little: the size in the header has to fit.
fn is_bmp(head: &Head<'_>) -> bool {
    let size = head.bytes.get(2..6).and_then(|bytes| bytes.try_into().ok());
    head.starts_with(b"BM") && size.map(u32::from_le_bytes).map(u64::from) == Some(head.entry.size)
}

fn read(_scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let start = entry.read(0, 16.min(usize::try_from(entry.size).unwrap_or(16)))?;
    let head = Head { bytes: &start, entry };
    Ok(match find(&head) {
        Some(word) => Format::known(word),
        None => READER.format.clone(),
    })
}

/// Feeds the magic bytes into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(format!("{MAGICS:?}").as_bytes());
}
