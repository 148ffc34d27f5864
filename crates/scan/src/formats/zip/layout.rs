//! The headers before the members, compared with the directory, and the bytes that neither accounts
//! for.

use super::directory::{Directory, Listed, u16_at, u32_at, u64_at};
use crate::analyse::{Entry, Stop, shown};
use crate::source::read_some;

/// Where a member's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) listed: Listed,
    /// Where its data starts, and the extra field before it.
    pub(super) data: u64,
    pub(super) extra: u64,
    /// Where its header starts and its last byte, descriptor included, ends.
    pub(super) from: u64,
    pub(super) to: u64,
    /// How its own header differs from the directory.
    pub(super) mismatches: Vec<String>,
}

/// Bytes that belong to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// Bits of the flags that change what a reader does: encryption, strong encryption, masked headers.
pub(super) const ENCRYPTION_FLAGS: u16 = 1 | 1 << 6 | 1 << 13;
/// Sizes and checksum follow the data.
const DESCRIPTOR_FLAG: u16 = 1 << 3;
/// The name is UTF-8.
const UTF8_FLAG: u16 = 1 << 11;

/// Reads the header before a member.
pub(super) fn locate(entry: &Entry<'_>, listed: &Listed) -> Result<Located, Stop> {
    let from = listed.header;
    let header = read_some(entry.source, from, 30 + 256)?;
    if !header.starts_with(b"PK\x03\x04") || header.len() < 30 {
        return Err(Stop::Unexamined(format!(
            "the member {} has no header where the directory says",
            shown(&listed.name, 80)
        )));
    }
    let mut mismatches = Vec::new();
    let name_size = usize::from(u16_at(&header, 26));
    let extra_size = usize::from(u16_at(&header, 28));
    let name = if 30 + name_size <= header.len() {
        header.get(30..30 + name_size).unwrap_or_default().to_vec()
    } else {
        read_some(entry.source, from + 30, name_size)?
    };
    if name != listed.name {
        mismatches.push(format!("its header names it {}", shown(&name, 80)));
    }
    let flags = u16_at(&header, 6);
    let different = flags ^ listed.flags;
    if different & (ENCRYPTION_FLAGS | UTF8_FLAG) != 0 {
        mismatches.push(format!("flags {flags:#06x} and {:#06x}", listed.flags));
    }
    let method = u16_at(&header, 8);
    if method != listed.method {
        mismatches.push(format!("methods {method} and {}", listed.method));
    }
    let has_descriptor = flags & DESCRIPTOR_FLAG != 0;
    let (crc, compressed, expanded) = sizes(entry, &header, from, name_size, extra_size)?;
    let agrees = |local: u64, listed: u64| local == listed || (has_descriptor && local == 0);
    if !agrees(u64::from(crc), u64::from(listed.crc)) {
        mismatches.push("checksums".to_owned());
    }
    if !agrees(compressed, listed.compressed) || !agrees(expanded, listed.expanded) {
        mismatches.push(format!(
            "sizes {compressed}/{expanded} and {}/{}",
            listed.compressed, listed.expanded
        ));
    }
    let data = from + 30 + (name_size + extra_size) as u64;
    let end = data.saturating_add(listed.compressed);
    let behind = if has_descriptor { descriptor_bytes(entry, end, listed)? } else { 0 };
    let to = end.saturating_add(behind);
    let extra = data - extra_size as u64;
    Ok(Located { listed: listed.clone(), data, extra, from, to, mismatches })
}

/// Checksum and sizes of a local header, from its extra field when they are large.
fn sizes(
    entry: &Entry<'_>,
    header: &[u8],
    from: u64,
    name_size: usize,
    extra_size: usize,
) -> Result<(u32, u64, u64), Stop> {
    let crc = u32_at(header, 14);
    let mut compressed = u64::from(u32_at(header, 18));
    let mut expanded = u64::from(u32_at(header, 22));
    if compressed == 0xffff_ffff || expanded == 0xffff_ffff {
        let extra = read_some(entry.source, from + 30 + name_size as u64, extra_size)?;
        let mut rest = extra.as_slice();
        while rest.len() >= 4 {
            let size = usize::from(u16_at(rest, 2));
            if u16_at(rest, 0) == 1 {
                let mut at = 4;
                for field in [&mut expanded, &mut compressed] {
                    if *field == 0xffff_ffff {
                        *field = u64_at(rest, at);
                        at += 8;
                    }
                }
            }
            rest = rest.get(4 + size..).unwrap_or_default();
        }
    }
    Ok((crc, compressed, expanded))
}

/// The size of the record behind the data: with or without signature, with short or long sizes.
fn descriptor_bytes(entry: &Entry<'_>, at: u64, listed: &Listed) -> Result<u64, Stop> {
    let bytes = read_some(entry.source, at, 24)?;
    let signed = if bytes.starts_with(b"PK\x07\x08") { 4 } else { 0 };
    let is_long = u64_at(&bytes, signed + 4) == listed.compressed
        && u64_at(&bytes, signed + 12) == listed.expanded;
    let is_short = u64::from(u32_at(&bytes, signed + 4)) == listed.compressed & 0xffff_ffff
        && u64::from(u32_at(&bytes, signed + 8)) == listed.expanded & 0xffff_ffff;
    let body = match (is_long, is_short) {
        // Empty members fit both ways; the next record tells.
        (true, true) => {
            let next = bytes.get(signed + 12..signed + 14);
            if next == Some(b"PK") { 12 } else { 20 }
        }
        (true, false) => 20,
        (false, true) => 12,
        (false, false) => return Ok(0),
    };
    Ok(signed as u64 + body)
}

/// Bytes between the members that belong to none, and members that overlap.
pub(super) fn account(directory: &Directory, located: &[Located]) -> (Vec<Gap>, Vec<String>) {
    let mut order: Vec<&Located> = located.iter().collect();
    order.sort_by_key(|member| member.from);
    let mut gaps = Vec::new();
    let mut overlaps = Vec::new();
    let mut at = 0;
    for member in order {
        if member.from > at {
            gaps.push(Gap { from: at, to: member.from });
        } else if member.from < at {
            overlaps.push(format!("{} overlaps another member", shown(&member.listed.name, 80)));
        }
        at = at.max(member.to);
    }
    if at < directory.start {
        gaps.push(Gap { from: at, to: directory.start });
    } else if at > directory.start {
        overlaps.push("a member reaches into the directory".to_owned());
    }
    (gaps, overlaps)
}
