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
    (8, b"AIFF", "media"),
    (8, b"AIFC", "media"),
    (0, b".snd", "media"),
    (0, b"caff", "media"),
    (0, b"MThd", "media"),
    (0, b"FLV\x01", "media"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "media"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "media"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "media"),
    (0, b"icns", "media"),
    (0, b"8BPS", "media"),
    (0, b"\x76\x2f\x31\x01", "media"),
    (0, b"glTF", "media"),
    (0, b"ply\nformat ", "media"),
    (0, b"ply\r\nformat ", "media"),
    (128, b"DICM", "media"),
    (344, b"n+1\0", "media"),
    // What macOS leaves in folders and archives: how a window looked, and attributes of files.
    (0, b"\0\0\0\x01Bud1\0", "media"),
    (0, b"\0\x05\x16\x07\0\x02\0\0", "media"),
];

fn find(head: &Head<'_>) -> Option<&'static str> {
    let (at, _, word) = MAGICS.iter().find(|(at, magic, _)| head.has(*at, magic))?;
    // `WEBP`, `WAVE` and `AVI ` stand inside a RIFF container, `AIFF` in an IFF one.
    let containers: [&[u8]; 3] = [b"RIFF", b"RF64", b"FORM"];
    (*at != 8 || containers.iter().any(|container| head.starts_with(container))).then_some(*word)
}

fn sniff(head: &Head<'_>) -> bool {
    find(head).is_some() || is_mp3(head) || is_bmp(head) || is_netpbm(head)
}

/// Frames without a tag before them.
fn is_mp3(head: &Head<'_>) -> bool {
    matches!(head.bytes, [0xff, 0xfb | 0xf3 | 0xf2, third, ..] if *third & 0xf0 != 0xf0)
        && head.entry.extension() == "mp3"
}

/// Grey or coloured points behind a size in digits.
fn is_netpbm(head: &Head<'_>) -> bool {
    let is_named = matches!(head.entry.extension().as_str(), "pbm" | "pgm" | "ppm" | "pnm" | "pam");
    is_named && matches!(head.bytes, [b'P', b'4'..=b'7', b'\n' | b' ', ..])
}

/// Two letters are little: the size in the header has to fit.
fn is_bmp(head: &Head<'_>) -> bool {
    let size = head.bytes.get(2..6).and_then(|bytes| bytes.try_into().ok());
    head.starts_with(b"BM") && size.map(u32::from_le_bytes).map(u64::from) == Some(head.entry.size)
}

fn read(_scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let start = entry.read(0, 512.min(usize::try_from(entry.size).unwrap_or(512)))?;
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
