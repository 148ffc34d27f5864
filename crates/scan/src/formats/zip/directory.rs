//! The zip archive's own account of itself: the record at its end and the directory before it.

use memchr::memmem;

use crate::analyse::{Entry, Stop};
use crate::source::read_some;

/// The record at the end, without its comment.
const END_BYTES: u64 = 22;
/// The longest comment.
const COMMENT_BYTES: u64 = 65_535;
/// The pointer to the large record.
const LOCATOR_BYTES: u64 = 20;
/// The large record.
const LARGE_BYTES: u64 = 56;
/// The fixed part of a line of the directory.
const LINE_BYTES: u64 = 46;

/// What the directory says about one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) expanded: u64,
    /// Where its header is, in the file.
    pub(super) header: u64,
    /// Its Unix file type and rights, when it was packed on such a system.
    pub(super) unix_mode: u32,
    /// Another name that some programs prefer.
    pub(super) other_name: Option<Vec<u8>>,
}

/// The directory and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) members: Vec<Listed>,
    /// Bytes before the archive: everything is shifted by so much.
    pub(super) prefix: u64,
    /// Where the directory starts.
    pub(super) start: u64,
    /// Where the comment of the last record starts.
    pub(super) comment: u64,
    /// Where the last record, with its comment, ends.
    pub(super) end: u64,
    /// What does not fit together.
    pub(super) mismatches: Vec<String>,
}

/// Finds the last record; `None` when the file has none.
///
/// A record counts when the directory that it names is there. Without such a one the last that looks
/// like a record is taken, so that what is wrong with it is told.
pub(super) fn find_end(entry: &Entry<'_>) -> Result<Option<u64>, Stop> {
    let mut last = None;
    for at in ends(entry)?.into_iter().rev() {
        if has_directory(entry, at)? {
            return Ok(Some(at));
        }
        last = last.or(Some(at));
    }
    Ok(last)
}

/// Whether the file ends like a zip archive whose directory can be found.
pub(crate) fn ends_like_zip(entry: &Entry<'_>) -> Result<bool, Stop> {
    for at in ends(entry)?.into_iter().rev() {
        if has_directory(entry, at)? && u16_at(&entry.read(at, 22)?, 10) > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whatever looks like a last record, near the end of the file.
fn ends(entry: &Entry<'_>) -> Result<Vec<u64>, Stop> {
    let size = entry.source.size();
    let start = size.saturating_sub(END_BYTES + COMMENT_BYTES);
    let tail = read_some(entry.source, start, usize::try_from(size - start).unwrap_or(0))?;
    let fits = |at: &u64| at + END_BYTES <= tail.len() as u64;
    let found = memmem::find_iter(&tail, b"PK\x05\x06").map(|at| at as u64).filter(fits);
    let mut found: Vec<u64> = found.map(|at| start + at).collect();
    // Thousands of them are a trick to keep a reader busy.
    let surplus = found.len().saturating_sub(64);
    Ok(found.split_off(surplus))
}

fn has_directory(entry: &Entry<'_>, end: u64) -> Result<bool, Stop> {
    let record = entry.read(end, 22)?;
    if u16_at(&record, 10) == 0 {
        return Ok(true);
    }
    let size = u64::from(u32_at(&record, 12));
    let large = match end.checked_sub(LOCATOR_BYTES) {
        Some(at) => read_some(entry.source, at, 4)? == b"PK\x06\x07",
        None => false,
    };
    match end.checked_sub(size) {
        _ if large => Ok(true),
        Some(start) => Ok(read_some(entry.source, start, 4)? == b"PK\x01\x02"),
        None => Ok(false),
    }
}

/// Where the archive begins whose last record starts at `end`. What the large record's pointer says counts from
/// there, so that the record is taken that lies right before it.
pub(super) fn start(entry: &Entry<'_>, end: u64) -> Result<Option<u64>, Stop> {
    let before = |end: u64, size: u64, offset: u64| end.checked_sub(size)?.checked_sub(offset);
    let large = end.checked_sub(LOCATOR_BYTES + LARGE_BYTES);
    if let Some(at) = large {
        let records = entry.read(at, 76)?;
        if records.starts_with(b"PK\x06\x06")
            && records.get(56..).is_some_and(|locator| locator.starts_with(b"PK\x06\x07"))
        {
            return Ok(before(at, u64_at(&records, 40), u64_at(&records, 48)));
        }
    }
    let record = entry.read(end, 22)?;
    Ok(before(end, u64::from(u32_at(&record, 12)), u64::from(u32_at(&record, 16))))
}

/// Reads the directory. `end` is where the last record starts.
pub(super) fn read(
    entry: &Entry<'_>,
    end: u64,
    charge: &mut dyn FnMut() -> Result<(), Stop>,
) -> Result<Directory, Stop> {
    let mut mismatches = Vec::new();
    let record = entry.read(end, 22)?;
    let mut count = u64::from(u16_at(&record, 10));
    let mut size = u64::from(u32_at(&record, 12));
    let mut offset = u64::from(u32_at(&record, 16));
    if u16_at(&record, 8) != u16_at(&record, 10) || u16_at(&record, 4) != 0 {
        mismatches.push("the archive claims to span several disks".to_owned());
    }
    let comment_size = u64::from(u16_at(&record, 20));
    let comment_end = end + END_BYTES + comment_size;
    if comment_end > entry.size {
        mismatches.push("the comment is longer than the file".to_owned());
    }

    let mut directory_end = end;
    let locator = match end.checked_sub(LOCATOR_BYTES) {
        Some(at) => entry.read(at, 20)?,
        None => Vec::new(),
    };
    if locator.starts_with(b"PK\x06\x07") {
        let small = (count, size, offset);
        let at = find_large(entry, end, u64_at(&locator, 8))?;
        let large = entry.read(at, 56)?;
        count = u64_at(&large, 32);
        size = u64_at(&large, 40);
        offset = u64_at(&large, 48);
        directory_end = at;
        // Some readers follow the pointer, others look right before it.
        if at.saturating_add(LARGE_BYTES + LOCATOR_BYTES) != end {
            mismatches.push("bytes stand between the last records".to_owned());
        }
        let agrees = |small: u64, limit: u64, large: u64| small == limit || small == large;
        if !agrees(small.0, 0xffff, count)
            || !agrees(small.1, 0xffff_ffff, size)
            || !agrees(small.2, 0xffff_ffff, offset)
        {
            mismatches.push("the two last records disagree".to_owned());
        }
    }
    let start = directory_end
        .checked_sub(size)
        .ok_or_else(|| Stop::Unexamined("the directory is larger than the file".to_owned()))?;
    let prefix = start.checked_sub(offset).unwrap_or_else(|| {
        mismatches.push("the directory lies before the place it is said to be at".to_owned());
        0
    });

    let mut members = Vec::new();
    let mut at = start;
    while at < directory_end {
        charge()?;
        let (listed, next) = read_line(entry, at, prefix, &mut mismatches)?;
        members.push(listed);
        at = next;
    }
    if at != directory_end || members.len() as u64 != count {
        mismatches.push(format!("the directory lists {} members, not {count}", members.len()));
    }
    let others = ends(entry)?;
    if others.iter().any(|other| *other != end && *other >= start) {
        mismatches.push("there are several last records to choose from".to_owned());
    }
    let comment = end + END_BYTES;
    let end = comment_end.min(entry.size);
    Ok(Directory { members, prefix, start, comment, end, mismatches })
}

/// The large record lies where the locator says, or right before the locator when the archive was
/// moved.
fn find_large(entry: &Entry<'_>, end: u64, said: u64) -> Result<u64, Stop> {
    for at in [Some(said), end.checked_sub(LOCATOR_BYTES + LARGE_BYTES)].into_iter().flatten() {
        if read_some(entry.source, at, 4)? == b"PK\x06\x06" {
            return Ok(at);
        }
    }
    Err(Stop::Unexamined("the large last record is not where it is said to be".to_owned()))
}

fn read_line(
    entry: &Entry<'_>,
    at: u64,
    prefix: u64,
    mismatches: &mut Vec<String>,
) -> Result<(Listed, u64), Stop> {
    // One read for the fixed part and the usual lengths after it.
    let line = read_some(entry.source, at, 46 + 512)?;
    if !line.starts_with(b"PK\x01\x02") || (line.len() as u64) < LINE_BYTES {
        return Err(Stop::Unexamined(format!("the zip directory breaks at byte {at}")));
    }
    let name_size = usize::from(u16_at(&line, 28));
    let extra_size = usize::from(u16_at(&line, 30));
    let comment_size = usize::from(u16_at(&line, 32));
    let whole = if 46 + name_size + extra_size <= line.len() {
        line
    } else {
        entry.read(at, 46 + name_size + extra_size)?
    };
    let name = whole.get(46..46 + name_size).unwrap_or_default().to_vec();
    let extra = whole.get(46 + name_size..46 + name_size + extra_size).unwrap_or_default();
    let mut listed = Listed {
        name,
        flags: u16_at(&whole, 8),
        method: u16_at(&whole, 10),
        crc: u32_at(&whole, 16),
        compressed: u64::from(u32_at(&whole, 20)),
        expanded: u64::from(u32_at(&whole, 24)),
        header: u64::from(u32_at(&whole, 42)),
        unix_mode: u32_at(&whole, 38) >> 16,
        other_name: None,
    };
    read_extra(extra, &mut listed, mismatches);
    listed.header = listed.header.saturating_add(prefix);
    let next = at + 46 + (name_size + extra_size + comment_size) as u64;
    Ok((listed, next))
}

fn read_extra(mut extra: &[u8], listed: &mut Listed, mismatches: &mut Vec<String>) {
    while extra.len() >= 4 {
        let id = u16_at(extra, 0);
        let size = usize::from(u16_at(extra, 2));
        let Some(body) = extra.get(4..4 + size) else {
            // Padding of a few bytes is common; anything longer is not.
            return;
        };
        match id {
            1 => {
                let mut at = 0;
                for field in [&mut listed.expanded, &mut listed.compressed, &mut listed.header] {
                    if *field == 0xffff_ffff && body.len() >= at + 8 {
                        *field = u64_at(body, at);
                        at += 8;
                    }
                }
            }
            0x7075 => {
                let other = body.get(5..).unwrap_or_default().to_vec();
                if other != listed.name {
                    mismatches.push(format!(
                        "the member {} has another name in its extra field",
                        crate::analyse::shown(&listed.name, 80)
                    ));
                    listed.other_name = Some(other);
                }
            }
            _ => {}
        }
        extra = extra.get(4 + size..).unwrap_or_default();
    }
}

/// Fields of records that are known to be long enough; 0 beyond their end.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    field(bytes, at).map_or(0, u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    field(bytes, at).map_or(0, u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    field(bytes, at).map_or(0, u64::from_le_bytes)
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}
