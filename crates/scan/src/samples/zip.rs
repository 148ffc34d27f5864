//! Zip archives, honest ones and ones that lie.

use std::io::Write as _;

/// One member, with everything that its two headers say.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name before the member.
    pub local_name: Vec<u8>,
    /// The name in the directory.
    pub listed_name: Vec<u8>,
    /// The flags of both.
    pub flags: u16,
    /// 0 stored, 8 deflated.
    pub method: u16,
    /// The bytes as they lie in the archive.
    pub body: Vec<u8>,
    /// Their expanded size.
    pub expanded: u32,
    /// The checksum of both headers.
    pub crc: u32,
    /// Bytes put before the member, belonging to nothing.
    pub gap: Vec<u8>,
    /// Where the header before the member tells its sizes.
    pub sizes: Sizes,
}

/// Where a member's sizes and checksum stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// In the header.
    Before,
    /// Behind the data, in 32 bits.
    Behind,
    /// Behind the data, in 64 bits, as `PyTorch` writes them.
    FarBehind,
}

impl Member {
    /// An honest member.
    pub fn stored(name: &str, content: &[u8]) -> Member {
        Member {
            local_name: name.as_bytes().to_vec(),
            listed_name: name.as_bytes().to_vec(),
            flags: 0,
            method: 0,
            body: content.to_vec(),
            expanded: u32::try_from(content.len()).unwrap_or(u32::MAX),
            crc: crc32fast::hash(content),
            gap: Vec::new(),
            sizes: Sizes::Before,
        }
    }

    /// An honest compressed member.
    pub fn deflated(name: &str, content: &[u8]) -> Member {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        // Writing to memory does not fail.
        let body = encoder.write_all(content).and_then(|()| encoder.finish()).unwrap_or_default();
        Member { method: 8, body, ..Member::stored(name, content) }
    }
}

/// An archive of stored members.
pub fn of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let members: Vec<Member> =
        members.iter().map(|(name, content)| Member::stored(name, content)).collect();
    build(&members, b"")
}

/// An archive of compressed members.
pub fn deflated(members: &[(&str, &[u8])]) -> Vec<u8> {
    let members: Vec<Member> =
        members.iter().map(|(name, content)| Member::deflated(name, content)).collect();
    build(&members, b"")
}

/// An archive of any members, with a comment.
pub fn build(members: &[Member], comment: &[u8]) -> Vec<u8> {
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let short = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_le_bytes();
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for member in members {
        out.extend_from_slice(&member.gap);
        let header = size(&out);
        let is_behind = member.sizes != Sizes::Before;
        let flags = member.flags | u16::from(is_behind) << 3;
        let mut common = Vec::new();
        common.extend_from_slice(&flags.to_le_bytes());
        common.extend_from_slice(&member.method.to_le_bytes());
        common.extend_from_slice(&[0, 0, 0x21, 0]);
        let mut sizes = member.crc.to_le_bytes().to_vec();
        sizes.extend_from_slice(&size(&member.body));
        sizes.extend_from_slice(&member.expanded.to_le_bytes());

        out.extend_from_slice(b"PK\x03\x04\x14\x00");
        out.extend_from_slice(&common);
        out.extend_from_slice(if is_behind { &[0; 12] } else { &sizes });
        out.extend_from_slice(&short(&member.local_name));
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&member.local_name);
        out.extend_from_slice(&member.body);
        if is_behind {
            out.extend_from_slice(b"PK\x07\x08");
            out.extend_from_slice(&member.crc.to_le_bytes());
            for number in [size(&member.body), member.expanded.to_le_bytes()] {
                out.extend_from_slice(&number);
                if member.sizes == Sizes::FarBehind {
                    out.extend_from_slice(&[0; 4]);
                }
            }
        }

        directory.extend_from_slice(b"PK\x01\x02\x14\x00\x14\x00");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&sizes);
        directory.extend_from_slice(&short(&member.listed_name));
        directory.extend_from_slice(&[0; 12]);
        directory.extend_from_slice(&header);
        directory.extend_from_slice(&member.listed_name);
    }
    let start = size(&out);
    let count = u16::try_from(members.len()).unwrap_or(u16::MAX).to_le_bytes();
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend_from_slice(&count);
    out.extend_from_slice(&count);
    out.extend_from_slice(&size(&directory));
    out.extend_from_slice(&start);
    out.extend_from_slice(&short(comment));
    out.extend_from_slice(comment);
    out
}
