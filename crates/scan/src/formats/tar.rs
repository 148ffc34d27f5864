//! tar: members one after another, none of them ever unpacked.

use memchr::memmem;
use weighbridge_domain::Format;

use super::{Reader, pickle};
use crate::analyse::{Entry, Head, Scan, Stop, examine, shown};
use crate::rules;
use crate::source::{Part, read_some};

/// The reader of this format.
pub(crate) static READER: Reader =
    Reader { format: Format::known("tar"), header_only: false, sniff, read };

/// Headers and data come in blocks.
const BLOCK: u64 = 512;
/// The longest name that a member of its own may give to the next one.
const NAME_BYTES: u64 = 64 << 10;

fn sniff(head: &Head<'_>) -> bool {
    head.has(257, b"ustar") || head.bytes.get(..512).is_some_and(|block| old_header(block, head))
}

/// Whether a file of another format starts with a header whose checksum fits, too.
pub(super) fn starts_like_tar(entry: &Entry<'_>) -> Result<bool, Stop> {
    let block = read_some(entry.source, 0, 512)?;
    Ok(block.get(257..262) == Some(b"ustar") && checksum_fits(&block))
}

/// Before there was a magic, only the checksum told.
fn old_header(block: &[u8], head: &Head<'_>) -> bool {
    head.entry.extension() == "tar" && checksum_fits(block)
}

/// One header.
struct Header {
    name: Vec<u8>,
    kind: u8,
    size: u64,
    link: Vec<u8>,
}

/// What a member of its own says about the next one.
#[derive(Default)]
struct Override {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = READER.format.clone();
    let mut at = 0;
    let mut next = Override::default();
    while at + BLOCK <= entry.size {
        let block = entry.read(at, 512)?;
        if block.iter().all(|byte| *byte == 0) {
            check_end(scan, entry, at)?;
            return Ok(format);
        }
        scan.budget.member()?;
        scan.budget.check_time()?;
        let Some(mut header) = parse(&block) else {
            scan.skip(entry.place(Some(at)), "a header of the tar archive cannot be read");
            pickle::search(scan, entry, at, entry.size)?;
            return Ok(format);
        };
        let is_about_next = matches!(header.kind, b'L' | b'K' | b'x' | b'X' | b'g');
        if let Some(size) = next.size.filter(|_| !is_about_next) {
            header.size = size;
        }
        let data = at + BLOCK;
        let end = data.saturating_add(header.size);
        if end > entry.size {
            scan.skip(entry.place(Some(at)), "a member of the tar archive is cut off");
            return Ok(format);
        }
        if is_about_next {
            check_extension(scan, entry, at, &header)?;
        }
        match header.kind {
            // A long name for the next member, in GNU's and in POSIX's way.
            b'L' => next.name = Some(long_name(entry, data, header.size)?),
            b'x' | b'X' => next.read(entry, data, header.size)?,
            b'K' => next.link = Some(long_name(entry, data, header.size)?),
            b'g' => {}
            kind => {
                let Override { name, link, .. } = std::mem::take(&mut next);
                header.name = name.unwrap_or(header.name);
                header.link = link.unwrap_or(header.link);
                examine_member(scan, entry, &header, kind, at, data)?;
            }
        }
        at = end.next_multiple_of(BLOCK);
    }
    scan.skip(entry.place(Some(at)), "the tar archive has no end");
    Ok(format)
}

fn examine_member(
    scan: &mut Scan,
    entry: &Entry<'_>,
    header: &Header,
    kind: u8,
    at: u64,
    data: u64,
) -> Result<(), Stop> {
    let shown_name = shown(&header.name, 200);
    // Windows takes a backslash for a slash, and `C:` for a root.
    let leaves = |name: &[u8]| {
        let is_slash = |byte: &u8| matches!(byte, b'/' | b'\\');
        name.first().is_some_and(is_slash)
            || name.get(1) == Some(&b':')
            || name.split(is_slash).any(|part| part == b"..")
    };
    let is_link = matches!(kind, b'1' | b'2');
    let is_device = matches!(kind, b'3' | b'4' | b'6');
    if leaves(&header.name) || (is_link && leaves(&header.link)) || is_device {
        let how = if is_device { "is a device" } else { "leads out of the archive" };
        let message = format!("a member of the archive {how}");
        let evidence = if is_link {
            format!("{shown_name} -> {}", shown(&header.link, 200))
        } else {
            shown_name
        };
        scan.report(rules::ARCHIVE_NAME.finding(entry.place(Some(at)), message, evidence));
    }
    // Links, folders and devices have no data: some readers skip it all the same, others read the
    // next header there. What no reader knows is a plain file to all of them.
    let is_folder = kind == b'5' || (kind == 0 && header.name.ends_with(b"/"));
    if is_link || is_device || is_folder {
        if header.size > 0 {
            let end = data.saturating_add(header.size);
            let why = "the tar archive has data where readers disagree whether there is any";
            scan.skip(entry.place(Some(at)), why);
            pickle::search(scan, entry, data, end)?;
        }
        return Ok(());
    }
    if kind == b'S' {
        scan.skip(entry.place(Some(at)), "a member of the tar archive has holes");
    }
    let name = String::from_utf8_lossy(&header.name).into_owned();
    let member = entry.member_path(&name);
    let part = Part::new(entry.source, data, header.size);
    let inner = Entry {
        source: &part,
        size: header.size,
        name: &name,
        member: &member,
        depth: entry.depth + 1,
    };
    match examine(scan, &inner) {
        Ok(_) => Ok(()),
        Err(Stop::Unexamined(why)) => {
            scan.skip(inner.place(None), why);
            scan.budget.check_time().map_err(Stop::from)
        }
        Err(Stop::NeedsMore(_)) => {
            scan.skip(inner.place(None), "the member ends before its header does");
            Ok(())
        }
    }
}

/// Headers that readers understand in ways that this one does not follow.
fn check_extension(
    scan: &mut Scan,
    entry: &Entry<'_>,
    at: u64,
    header: &Header,
) -> Result<(), Stop> {
    let size = usize::try_from(header.size.min(NAME_BYTES)).unwrap_or(0);
    let body = entry.read(at + BLOCK, size)?;
    let has = |wanted: &[u8]| memmem::find(&body, wanted).is_some();
    if header.size > NAME_BYTES {
        scan.skip(entry.place(Some(at)), "an extended header of the tar archive is too long");
    } else if has(b" GNU.sparse.") {
        scan.skip(entry.place(Some(at)), "a member of the tar archive has holes");
    } else if header.kind == b'g'
        && [b" size=".as_slice(), b" path=", b" linkpath="].into_iter().any(has)
    {
        scan.skip(entry.place(Some(at)), "the tar archive gives one name or size to all members");
    }
    pickle::search(scan, entry, at + BLOCK, (at + BLOCK).saturating_add(header.size))
}

/// Two empty blocks and zeros end an archive; anything else behind them is hidden.
fn check_end(scan: &mut Scan, entry: &Entry<'_>, at: u64) -> Result<(), Stop> {
    let mut offset = at;
    while offset < entry.size {
        scan.budget.check_time()?;
        let piece = read_some(entry.source, offset, 64 << 10)?;
        if let Some(first) = piece.iter().position(|byte| *byte != 0) {
            let from = offset + first as u64;
            let message = format!("{} bytes follow the tar archive", entry.size - from);
            let evidence = shown(piece.get(first..).unwrap_or_default(), 48);
            scan.report(rules::POLYGLOT.finding(entry.place(Some(from)), message, evidence));
            return pickle::search(scan, entry, from, entry.size);
        }
        if piece.is_empty() {
            break;
        }
        offset += piece.len() as u64;
    }
    Ok(())
}

fn parse(block: &[u8]) -> Option<Header> {
    if !checksum_fits(block) {
        return None;
    }
    let mut name = text(block.get(..100)?).to_vec();
    let prefix = text(block.get(345..500)?);
    if block.get(257..263) == Some(b"ustar\0") && !prefix.is_empty() {
        name = [prefix, b"/", &name].concat();
    }
    Some(Header {
        name,
        kind: *block.get(156)?,
        size: number(block.get(124..136)?)?,
        link: text(block.get(157..257)?).to_vec(),
    })
}

fn checksum_fits(block: &[u8]) -> bool {
    let Some(stored) = block.get(148..156).and_then(number) else { return false };
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
        .sum();
    sum == stored
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Octal digits, or binary when the first bit says so.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        let (zeros, low) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
        let is_small = *first == 0x80 && zeros.iter().all(|byte| *byte == 0);
        return is_small.then(|| low.try_into().ok().map(u64::from_be_bytes))?;
    }
    let digits = std::str::from_utf8(text(field)).ok()?.trim();
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

fn long_name(entry: &Entry<'_>, data: u64, size: u64) -> Result<Vec<u8>, Stop> {
    let size = usize::try_from(size.min(NAME_BYTES)).unwrap_or(0);
    Ok(text(&entry.read(data, size)?).to_vec())
}

impl Override {
    /// The `path` and `size` of a POSIX header: lines of `length key=value`.
    fn read(&mut self, entry: &Entry<'_>, data: u64, size: u64) -> Result<(), Stop> {
        let size = usize::try_from(size.min(NAME_BYTES)).unwrap_or(0);
        let body = entry.read(data, size)?;
        let mut rest = body.as_slice();
        while let Some(space) = rest.iter().position(|byte| *byte == b' ') {
            let length = std::str::from_utf8(rest.get(..space).unwrap_or_default())
                .ok()
                .and_then(|digits| digits.parse::<usize>().ok());
            let Some(line) = length.and_then(|length| rest.get(space + 1..length)) else { break };
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            if let Some(value) = line.strip_prefix(b"path=") {
                self.name = Some(value.to_vec());
            }
            if let Some(value) = line.strip_prefix(b"linkpath=") {
                self.link = Some(value.to_vec());
            }
            if let Some(value) = line.strip_prefix(b"size=") {
                self.size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            }
            rest = length.and_then(|length| rest.get(length..)).unwrap_or_default();
        }
        Ok(())
    }
}
