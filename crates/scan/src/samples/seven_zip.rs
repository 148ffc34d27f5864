//! 7z archives.

use super::packed;

/// How the files of an archive are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    Copied,
    /// As LZMA2 that only stores.
    Lzma2,
    /// With a codec that says it encrypts.
    Encrypted,
    /// With a codec that nobody knows.
    Unknown,
}

/// An archive whose files share one folder.
pub fn of(packing: Packing, members: &[(&str, &[u8])]) -> Vec<u8> {
    let content: Vec<u8> =
        members.iter().flat_map(|(_, content)| content.iter().copied()).collect();
    let body = if packing == Packing::Lzma2 { packed::lzma2(&content) } else { content.clone() };
    let coder: &[u8] = match packing {
        Packing::Copied => &[1, 0],
        Packing::Lzma2 => &[0x21, 0x21, 1, 0x18],
        Packing::Encrypted => &[4, 6, 0xf1, 7, 1],
        Packing::Unknown => &[2, 0x7f, 0x7f],
    };
    let mut header = vec![1, 4, 6, 0, 1, 9];
    header.extend(number(body.len()));
    header.extend([0, 7, 11, 1, 0, 1]);
    header.extend_from_slice(coder);
    header.push(12);
    header.extend(number(content.len()));
    header.extend([0, 8, 13]);
    header.extend(number(members.len()));
    if members.len() > 1 {
        header.push(9);
        for (_, content) in members.iter().rev().skip(1).rev() {
            header.extend(number(content.len()));
        }
    }
    header.extend([10, 1]);
    header.extend(members.iter().flat_map(|(_, content)| crc32fast::hash(content).to_le_bytes()));
    header.extend([0, 0, 5]);
    header.extend(number(members.len()));
    let mut names = vec![0];
    for (name, _) in members {
        names.extend(name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
    }
    header.push(17);
    header.extend(number(names.len()));
    header.extend(names);
    header.extend([0, 0]);
    wrap(&body, &header)
}

/// Puts the first header before packed streams, and the other one behind them.
pub fn wrap(body: &[u8], header: &[u8]) -> Vec<u8> {
    let mut start = (body.len() as u64).to_le_bytes().to_vec();
    start.extend((header.len() as u64).to_le_bytes());
    start.extend(crc32fast::hash(header).to_le_bytes());
    let mut out = b"7z\xbc\xaf\x27\x1c\0\x04".to_vec();
    out.extend(crc32fast::hash(&start).to_le_bytes());
    out.extend(start);
    out.extend_from_slice(body);
    out.extend_from_slice(header);
    out
}

/// A number in five bytes, or in one.
fn number(value: usize) -> Vec<u8> {
    match u8::try_from(value) {
        Ok(small) if small < 0x80 => vec![small],
        _ => {
            let bytes = u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
            [&[0xf0], bytes.as_slice()].concat()
        }
    }
}
