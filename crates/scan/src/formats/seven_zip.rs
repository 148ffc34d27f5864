//! 7z: a header that lists folders of packed streams, and the files that come out of them one after another
//! (`7zFormat.txt` of the LZMA SDK).
//!
//! Folders of one codec are read, with the filters that stand behind LZMA: copied, LZMA, LZMA2, deflate, bzip2,
//! Zstandard. What is encrypted or packed in another way is not examined, and says so.

mod header;

use weighbridge_domain::Format;

use self::header::{Archive, Folder, Listed, Method};
use super::expand::{self, Codec, Expanded, Sums, Trouble};
use super::{Reader, pickle};
use crate::analyse::{Entry, Scan, Stop, examine, shown};
use crate::limits::Budget;
use crate::rules;
use crate::source::{Part, ReadAt, read_some};

/// The reader of this format.
pub(crate) static READER: Reader = Reader {
    format: Format::known("7z"),
    header_only: false,
    sniff: |head| head.starts_with(b"7z\xbc\xaf\x27\x1c"),
    read,
};

/// The longest header, packed or not.
const HEADER_BYTES: u64 = 8 << 20;
/// Where packed streams start.
const START: u64 = 32;
/// Copied folders up to this size are read for their checksums, in pieces.
const STORED_BYTES: u64 = 64 << 20;
const STORED_PIECE: usize = 64 << 10;
/// Headers that are packed inside of packed headers.
const PACKED_HEADERS: usize = 4;

fn read(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    let format = READER.format.clone();
    match walk(scan, entry) {
        Ok(()) => {}
        Err(Stop::Unexamined(why)) => {
            scan.skip(entry.place(None), why);
            pickle::search(scan, entry, 0, entry.size)?;
            scan.budget.check_time()?;
        }
        Err(stop) => return Err(stop),
    }
    Ok(format)
}

fn walk(scan: &mut Scan, entry: &Entry<'_>) -> Result<(), Stop> {
    let start = entry.read(0, 32)?;
    let number = |at: usize| {
        let bytes = start.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(u64::MAX, u64::from_le_bytes)
    };
    let (from, size) = (number(12).saturating_add(START), number(20));
    let end = from.saturating_add(size);
    if end > entry.size {
        return Err(Stop::Unexamined("the 7z archive is cut off before its header".to_owned()));
    }
    let mut used = vec![(0, START), (from, end)];
    let mut bytes = within(size).and_then(|size| entry.read(from, size))?;
    let sum = crc32fast::hash(&bytes);
    let budget = scan.budget.clone();
    for _ in 0..PACKED_HEADERS {
        let Some(folder) = header::packed(&bytes).map_err(unreadable)? else { break };
        used.extend(extents(&folder));
        let part = packed_part(entry, &folder);
        let unpacked = open(&part, &folder, &budget).map_err(Stop::Unexamined)?;
        if let Some(why) = unpacked.trouble() {
            return Err(Stop::Unexamined(format!("the header of the 7z archive: {why}")));
        }
        bytes = read_some(unpacked.source(), 0, within(unpacked.source().size())?)?;
    }
    let claimed = start.get(28..32).and_then(|sum| sum.try_into().ok()).map(u32::from_le_bytes);
    if claimed != Some(sum) {
        let message = "the checksum of the archive's header is wrong";
        let evidence = format!("{sum:#010x}");
        scan.report(rules::ARCHIVE_SUM.finding(entry.place(Some(28)), message, evidence));
    }
    let archive = header::read(&bytes).map_err(unreadable)?;
    used.extend(archive.folders.iter().flat_map(extents));
    check_layout(scan, entry, used)?;
    examine_files(scan, entry, &archive, &budget)
}

fn within(size: u64) -> Result<usize, Stop> {
    let why = || Stop::Unexamined(format!("the budget of {HEADER_BYTES} bytes of header ran out"));
    usize::try_from(size).ok().filter(|_| size <= HEADER_BYTES).ok_or_else(why)
}

fn unreadable(why: &'static str) -> Stop {
    Stop::Unexamined(format!("the header of the 7z archive cannot be read: {why}"))
}

fn extents(folder: &Folder) -> impl Iterator<Item = (u64, u64)> + '_ {
    folder.packed.iter().map(|(start, size)| {
        let start = start.saturating_add(START);
        (start, start.saturating_add(*size))
    })
}

/// What belongs to no stream is hidden from everybody but this reader.
fn check_layout(scan: &mut Scan, entry: &Entry<'_>, mut used: Vec<(u64, u64)>) -> Result<(), Stop> {
    used.sort_unstable();
    used.push((entry.size, entry.size));
    let mut at = 0;
    for (start, end) in used {
        if start > at {
            let rest = read_some(entry.source, at, 4096)?;
            let is_padding = start - at <= 4096
                && rest
                    .iter()
                    .take(usize::try_from(start - at).unwrap_or(0))
                    .all(|byte| *byte == 0);
            if !is_padding {
                let message = format!("{} bytes of the 7z archive belong to nothing", start - at);
                let evidence = shown(&rest, 48);
                scan.report(rules::POLYGLOT.finding(entry.place(Some(at)), message, evidence));
                pickle::search(scan, entry, at, start)?;
            }
        }
        at = at.max(end);
    }
    Ok(())
}

fn examine_files(
    scan: &mut Scan,
    entry: &Entry<'_>,
    archive: &Archive,
    budget: &Budget,
) -> Result<(), Stop> {
    let mut files = archive.files.iter();
    for folder in &archive.folders {
        let part = packed_part(entry, folder);
        let opened = open(&part, folder, budget);
        let mut offset = 0_u64;
        let sums = opened.as_ref().map_or(Vec::new(), |opened| opened.sums(folder, budget));
        let mut sums = sums.into_iter();
        for (size, claimed) in &folder.files {
            let file = next_file(scan, entry, &mut files);
            let name = file.map_or_else(|| nameless(entry), |file| file.name.clone());
            let member = entry.member_path(&name);
            budget.member()?;
            budget.check_time()?;
            let inner = Entry { name: &name, member: &member, depth: entry.depth + 1, ..*entry };
            if let (Some(claimed), Some(sum)) = (claimed, sums.next())
                && *claimed != sum
            {
                let message = "a member's checksum is wrong";
                let evidence = format!("{claimed:#010x}");
                scan.report(rules::ARCHIVE_SUM.finding(inner.place(None), message, evidence));
            }
            match &opened {
                Ok(opened) => examine_file(scan, &inner, opened, offset, *size)?,
                Err(why) => scan.skip(inner.place(None), why.clone()),
            }
            offset = offset.saturating_add(*size);
        }
        if let Ok(opened) = &opened {
            report_folder(scan, entry, opened);
            if opened.trouble().is_none() && opened.source().size() > offset {
                scan.skip(
                    entry.place(None),
                    "a folder of the 7z archive holds more than its files",
                );
            }
        }
    }
    // Files without content come last, or between the others.
    while next_file(scan, entry, &mut files).is_some() {}
    Ok(())
}

/// The next file that has content; names of all of them are looked at.
fn next_file<'f>(
    scan: &mut Scan,
    entry: &Entry<'_>,
    files: &mut impl Iterator<Item = &'f Listed>,
) -> Option<&'f Listed> {
    for file in files {
        let parts = || file.name.split(['/', '\\']);
        let leaves = file.name.starts_with(['/', '\\'])
            || file.name.as_bytes().get(1) == Some(&b':')
            || parts().any(|part| part == "..");
        if leaves || file.is_link {
            let how = if file.is_link { "is a link" } else { "leaves the archive" };
            let message = format!("a member of the archive {how}");
            let evidence = shown(file.name.as_bytes(), 200);
            scan.report(rules::ARCHIVE_NAME.finding(entry.place(None), message, evidence));
        }
        if file.has_content {
            return Some(file);
        }
    }
    None
}

/// One file without a name is called like the archive.
fn nameless(entry: &Entry<'_>) -> String {
    let name = entry.file_name();
    name.strip_suffix(".7z").unwrap_or(name).to_owned()
}

fn examine_file(
    scan: &mut Scan,
    inner: &Entry<'_>,
    opened: &Opened<'_>,
    offset: u64,
    size: u64,
) -> Result<(), Stop> {
    let part = Part::new(opened.source(), offset, size);
    let is_cut = part.size() < size;
    let inner = Entry { source: &part, size: part.size(), ..*inner };
    if part.size() > 0 || !is_cut {
        match examine(scan, &inner) {
            Ok(_) => {}
            Err(Stop::Unexamined(why)) => scan.skip(inner.place(None), why),
            Err(Stop::NeedsMore(_)) => {
                scan.skip(inner.place(None), "the member ends before its header does");
            }
        }
    }
    if is_cut {
        let why = opened.trouble().unwrap_or_else(|| "the member is cut off".to_owned());
        scan.skip(inner.place(Some(part.size())), why);
    }
    scan.budget.check_time().map_err(Stop::from)
}

fn report_folder(scan: &mut Scan, entry: &Entry<'_>, opened: &Opened<'_>) {
    if let Opened::Expanded(expanded) = opened
        && let Some(at) = expanded.wrong_sum
    {
        let message = "a checksum in a folder of the archive is wrong";
        let evidence = format!("the checksum that ends before byte {at} of the folder");
        scan.report(rules::ARCHIVE_SUM.finding(entry.place(None), message, evidence));
    }
    if let Opened::Expanded(expanded) = opened
        && let Some(Trouble::Bomb(size)) = expanded.trouble
    {
        let size = format!("more than {size}");
        expand::report_bomb(scan, entry, "folder", expanded.used, &size);
    }
}

/// The bytes of a folder.
enum Opened<'a> {
    Plain(&'a Part<'a>),
    Expanded(Box<Expanded<'a>>),
}

impl Opened<'_> {
    fn source(&self) -> &dyn ReadAt {
        match self {
            Opened::Plain(part) => *part,
            Opened::Expanded(expanded) => expanded.as_ref(),
        }
    }

    /// The checksums of the files, as far as they came out.
    fn sums(&self, folder: &Folder, budget: &Budget) -> Vec<u32> {
        match self {
            Opened::Expanded(expanded) => expanded.part_sums.done.clone(),
            Opened::Plain(part) if part.size() <= STORED_BYTES => {
                let mut sums = Sums::of(folder.files.iter().map(|(size, _)| *size));
                let mut at = 0;
                while let Ok(piece) = read_some(*part, at, STORED_PIECE)
                    && !piece.is_empty()
                    && budget.check_time().is_ok()
                {
                    sums.update(&piece);
                    at += piece.len() as u64;
                }
                sums.done
            }
            Opened::Plain(_) => Vec::new(),
        }
    }

    fn trouble(&self) -> Option<String> {
        match self {
            Opened::Plain(_) => None,
            Opened::Expanded(expanded) => expanded.trouble.as_ref().map(|trouble| match trouble {
                Trouble::Bomb(_) => "it expands to too much".to_owned(),
                Trouble::Broken(why) => why.clone(),
            }),
        }
    }
}

/// The first packed stream of a folder.
fn packed_part<'a>(entry: &Entry<'a>, folder: &Folder) -> Part<'a> {
    let (start, size) = folder.packed.first().copied().unwrap_or_default();
    Part::new(entry.source, start.saturating_add(START), size)
}

/// Opens a folder, or says why it cannot be.
fn open<'a>(part: &'a Part<'a>, folder: &Folder, budget: &'a Budget) -> Result<Opened<'a>, String> {
    if folder.packed.len() != 1 && folder.method != Method::Encrypted {
        return Err("it is packed in several streams".to_owned());
    }
    let (codec, is_lzma) = match &folder.method {
        Method::Copy if folder.filters.is_empty() => {
            return Ok(Opened::Plain(part));
        }
        Method::Lzma { properties, window } => {
            let filters = folder.filters.clone();
            let size = folder.size;
            (Codec::RawLzma { properties: *properties, window: *window, size, filters }, true)
        }
        Method::Lzma2 { window } => {
            (Codec::RawLzma2 { window: *window, filters: folder.filters.clone() }, true)
        }
        Method::Deflate => (Codec::Deflate, false),
        Method::Bzip2 => (Codec::Bzip2, false),
        Method::Zstd => (Codec::Zstd, false),
        Method::Copy => return Err("a filter without a codec is not read".to_owned()),
        Method::Encrypted => return Err("it is encrypted".to_owned()),
        Method::Other(id) => return Err(format!("codec {id} is not read")),
    };
    if !is_lzma && !folder.filters.is_empty() {
        return Err("a filter behind this codec is not read".to_owned());
    }
    let parts = Sums::of(folder.files.iter().map(|(size, _)| *size));
    Ok(Opened::Expanded(Box::new(Expanded::open_in_parts(part, codec, budget, parts))))
}
