//! Compressed files: one text as the programs of each format wrote it, and frames that only store what they are given.

/// The text in [`WRITTEN`].
pub fn text() -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for n in 0..120_u32 {
        let line = n * n % 97;
        // Writing to memory does not fail.
        let _ = writeln!(text, "line {line}: the weighbridge weighs what comes and what goes, {n}");
    }
    text
}

/// The text, as bzip2, xz, zstd, lz4 and gzip compress it, by the name of the file.
pub static WRITTEN: &[(&str, &[u8])] = &[
    ("text.bz2", include_bytes!("packed/text.bz2")),
    ("text.xz", include_bytes!("packed/text.xz")),
    ("text-delta.xz", include_bytes!("packed/text-delta.xz")),
    ("text.lzma", include_bytes!("packed/text.lzma")),
    ("text.zst", include_bytes!("packed/text.zst")),
    ("text-stream.zst", include_bytes!("packed/text-stream.zst")),
    ("text.lz4", include_bytes!("packed/text.lz4")),
    ("text.gz", include_bytes!("packed/text.gz")),
    ("text.zlib", include_bytes!("packed/text.zlib")),
];

/// An LZ4 frame of blocks that are not compressed.
pub fn lz4(content: &[u8]) -> Vec<u8> {
    let mut out = b"\x04\x22\x4d\x18\x60\x40\x82".to_vec();
    for block in content.chunks(64 << 10) {
        let size = u32::try_from(block.len()).unwrap_or(0) | 1 << 31;
        out.extend(size.to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend([0; 4]);
    out
}

/// A Zstandard frame of blocks that are not compressed.
pub fn zstd(content: &[u8]) -> Vec<u8> {
    let mut out = b"\x28\xb5\x2f\xfd\0\x38".to_vec();
    let mut blocks = content.chunks(128 << 10).peekable();
    if blocks.peek().is_none() {
        out.extend([1, 0, 0]);
    }
    while let Some(block) = blocks.next() {
        let size = u32::try_from(block.len()).unwrap_or(0);
        let header = size << 3 | u32::from(blocks.peek().is_none());
        out.extend(header.to_le_bytes().into_iter().take(3));
        out.extend_from_slice(block);
    }
    out
}

/// A frame that readers of LZ4 and Zstandard step over.
pub fn skippable(content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap_or(0).to_le_bytes();
    [b"\x50\x2a\x4d\x18".as_slice(), &size, content].concat()
}

/// An xz file of one block that is not compressed, of at most 64 KiB.
pub fn xz(content: &[u8]) -> Vec<u8> {
    let sum = |bytes: &[u8]| crc32fast::hash(bytes).to_le_bytes();
    let mut out = b"\xfd7zXZ\0\0\0".to_vec();
    out.extend(sum(&[0, 0]));
    let header = [2, 0, 0x21, 1, 0x16, 0, 0, 0];
    out.extend(header);
    out.extend(sum(&header));
    let body = lzma2(content);
    out.extend_from_slice(&body);
    out.resize(out.len().next_multiple_of(4), 0);
    let mut index = vec![0, 1];
    index.extend(number(12 + body.len() as u64));
    index.extend(number(content.len() as u64));
    index.resize(index.len().next_multiple_of(4), 0);
    let backward = u32::try_from(index.len() / 4).unwrap_or(0);
    let index_sum = sum(&index);
    out.extend(index);
    out.extend(index_sum);
    let mut footer = backward.to_le_bytes().to_vec();
    footer.extend([0, 0]);
    out.extend(sum(&footer));
    out.extend(footer);
    out.extend(b"YZ");
    out
}

/// LZMA2 of one chunk that is not compressed, of at most 64 KiB.
pub fn lzma2(content: &[u8]) -> Vec<u8> {
    let size = u16::try_from(content.len().saturating_sub(1)).unwrap_or(u16::MAX).to_be_bytes();
    [&[1], size.as_slice(), content, &[0]].concat()
}

fn number(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or(0));
    out
}
