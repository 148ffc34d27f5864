//! Files around what the fuzzer varies: what a mutation would only break is put in place afterwards, so
//! that an execution reaches its reader. Bytes that are such a file already stay as they are.

use std::borrow::Cow;

use weighbridge_scan::samples::torch;

/// The start of `PyTorch`'s older files.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e";

/// The bytes, after these if they do not begin with them.
pub fn starting_with<'a>(magic: &[u8], bytes: &'a [u8]) -> Cow<'a, [u8]> {
    if bytes.starts_with(magic) {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned([magic, bytes].concat())
}

/// A pickle: protocol 4 where none is named.
pub fn pickle(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes {
        [0x80, 0..=5, ..] => Cow::Borrowed(bytes),
        _ => starting_with(b"\x80\x04", bytes),
    }
}

/// A safetensors file: the first line is the header, the rest the tensors.
pub fn safetensors(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.get(8) == Some(&b'{') && bytes.get(3..8) == Some(&[0; 5]) {
        return Cow::Borrowed(bytes);
    }
    let (header, data) = line(bytes);
    let mut file = (header.len() as u64 + 1).to_le_bytes().to_vec();
    file.push(b'{');
    file.extend_from_slice(header);
    file.extend_from_slice(data);
    Cow::Owned(file)
}

/// An array file: the first line is the header, the rest the values.
pub fn npy(bytes: &[u8]) -> Cow<'_, [u8]> {
    const MAGIC: &[u8] = b"\x93NUMPY";
    if bytes.starts_with(MAGIC) {
        return Cow::Borrowed(bytes);
    }
    let (header, data) = line(bytes);
    let length = u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes();
    Cow::Owned([MAGIC, b"\x01\x00", &length, header, data].concat())
}

/// A checkpoint: an archive around a pickle and storages of zeros, whose number and size the first two
/// bytes say; or an older file.
pub fn torch(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.starts_with(LEGACY) || bytes.starts_with(b"PK") {
        return Cow::Borrowed(bytes);
    }
    let [count, size, data @ ..] = bytes else { return starting_with(LEGACY, bytes) };
    if *count >= 0x80 {
        return starting_with(LEGACY, data);
    }
    let storages: Vec<(String, Vec<u8>)> = (0..count % 4)
        .map(|key| (format!("archive/data/{key}"), vec![0; usize::from(*size)]))
        .collect();
    Cow::Owned(torch::archive_of(&pickle(data), &storages))
}

/// Text: whatever is none is replaced.
pub fn text(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_text = |byte: &u8| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r');
    if bytes.iter().all(is_text) && std::str::from_utf8(bytes).is_ok() {
        return Cow::Borrowed(bytes);
    }
    let bytes: Vec<u8> =
        bytes.iter().map(|byte| if is_text(byte) { *byte } else { b' ' }).collect();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned().into_bytes())
}

/// The first line without its end, and what follows.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}
