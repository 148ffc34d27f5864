//! gzip and zlib: one file inside another one.

use weighbridge_domain::Format;

use super::Reader;
use super::inflate::{Inflated, Trouble, Wrapping};
use crate::analyse::{Entry, Head, Scan, Stop, examine};
use crate::rules;
use crate::source::{Part, ReadAt as _, read_some};

/// The reader of gzip.
pub(crate) static GZIP: Reader = Reader {
    format: Format::known("gzip"),
    header_only: false,
    sniff: |head| head.starts_with(b"\x1f\x8b\x08"),
    read: read_gzip,
};

/// The reader of zlib, as joblib uses it.
pub(crate) static ZLIB: Reader =
    Reader { format: Format::known("zlib"), header_only: false, sniff: is_zlib, read: read_zlib };

/// The longest gzip header: names and comments end somewhere.
const HEADER_BYTES: usize = 4096;

fn is_zlib(head: &Head<'_>) -> bool {
    let [first @ 0x78, second, ..] = head.bytes else { return false };
    // The two bytes are a multiple of 31; text that starts with `x` has no control characters.
    let is_header = u16::from_be_bytes([*first, *second]).is_multiple_of(31);
    is_header && second & 0x20 == 0 && head.bytes.iter().any(|byte| *byte < 9 || *byte > 0x7f)
}

fn read_gzip(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = GZIP.format.clone();
    let header = read_some(entry.source, 0, HEADER_BYTES)?;
    let Some(start) = gzip_header(&header) else {
        scan.skip(entry.place(None), "the gzip header cannot be read");
        return Ok(format);
    };
    let part = Part::new(entry.source, start, entry.size.saturating_sub(start));
    let Some(used) = read_inside(scan, entry, &part, Wrapping::Bare)? else { return Ok(format) };
    // Checksum and size follow, and then nothing but another file of the same kind.
    let end = start.saturating_add(used).saturating_add(8);
    check_rest(scan, entry, end)?;
    Ok(format)
}

fn read_zlib(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let part = Part::new(entry.source, 0, entry.size);
    if let Some(used) = read_inside(scan, entry, &part, Wrapping::Zlib)? {
        check_rest(scan, entry, used)?;
    }
    Ok(ZLIB.format.clone())
}

/// Examines what is inside; how many compressed bytes that took, when it could be read.
fn read_inside(
    scan: &mut Scan,
    entry: &Entry<'_>,
    part: &Part<'_>,
    wrapping: Wrapping,
) -> Result<Option<u64>, Stop> {
    let budget = scan.budget.clone();
    budget.member()?;
    let inflated = match Inflated::open(part, wrapping, &budget) {
        Ok(inflated) => inflated,
        Err(Trouble::Bomb(size)) => {
            let message = "the file is a decompression bomb";
            let evidence = format!("{} bytes expand to more than {size}", part.size());
            scan.report(rules::ARCHIVE_BOMB.finding(entry.place(None), message, evidence));
            scan.skip(entry.place(None), "it expands to too much");
            return Ok(None);
        }
        Err(Trouble::Broken(why)) => {
            scan.skip(entry.place(None), why);
            return Ok(None);
        }
    };
    let name = inner_name(entry.name);
    let member = entry.member_path(name.rsplit('/').next().unwrap_or(&name));
    let inner = Entry {
        source: &inflated,
        size: inflated.size(),
        name: &name,
        member: &member,
        depth: entry.depth + 1,
    };
    examine(scan, &inner)?;
    Ok(Some(inflated.used))
}

/// `x.csv.gz` holds `x.csv`, `x.tgz` holds `x.tar`.
fn inner_name(name: &str) -> String {
    for suffix in [".gz", ".gzip", ".z", ".zlib"] {
        if let Some(stem) = name.strip_suffix(suffix) {
            return stem.to_owned();
        }
    }
    name.strip_suffix(".tgz").map_or_else(|| name.to_owned(), |stem| format!("{stem}.tar"))
}

fn check_rest(scan: &mut Scan, entry: &Entry<'_>, end: u64) -> Result<(), Stop> {
    if end > entry.size {
        scan.skip(entry.place(Some(entry.size)), "it ends before its checksum does");
    } else if end < entry.size {
        let rest = read_some(entry.source, end, 64 << 10)?;
        let is_padding = rest.len() as u64 == entry.size - end && rest.iter().all(|b| *b == 0);
        if !is_padding {
            let why = format!("{} bytes follow the compressed file", entry.size - end);
            scan.skip(entry.place(Some(end)), why);
            super::pickle::search(scan, entry, end, entry.size)?;
        }
    }
    Ok(())
}

/// Where the compressed bytes start.
fn gzip_header(header: &[u8]) -> Option<u64> {
    let flags = *header.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        let size = header.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)?;
        at += 2 + usize::from(size);
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += header.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    (at <= header.len() && flags & 0xe0 == 0).then_some(at as u64)
}
