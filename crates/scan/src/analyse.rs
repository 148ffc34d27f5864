//! Routes a file to the reader of its format, by content, and keeps what the readers report.
//!
//! The rule: a byte range is either examined by a reader, declared inert by one, or reported as
//! not examined. Nothing is clean because nobody looked.

use std::io;

use weighbridge_domain::{
    Finding, FindingPlace, Format, RepoPath, ScanReport, Severity, Unexamined,
};

use crate::formats::{self, Storage, expand};
use crate::job::ScanOutcome;
use crate::limits::{Budget, Limits, Spent};
use crate::source::{ReadAt, read_full};

/// What is read of every file before anything is decided.
const HEAD_BYTES: usize = 4096;

/// Scans bytes in memory as one whole file.
pub fn scan_bytes(path: &RepoPath, bytes: &[u8], limits: &Limits) -> ScanReport {
    let size = bytes.len() as u64;
    match scan_reader(path, &bytes, size, limits) {
        ScanOutcome::Report(report) => report,
        ScanOutcome::NeedsMore { .. } => {
            unexamined_whole("the reader asked for more than there is")
        }
    }
}

/// Scans what `source` holds of a file that will have `size_bytes`.
pub fn scan_reader(
    path: &RepoPath,
    source: &dyn ReadAt,
    size_bytes: u64,
    limits: &Limits,
) -> ScanOutcome {
    let mut scan = Scan::new(limits);
    let entry = Entry { source, size: size_bytes, name: path.as_str(), member: "", depth: 0 };
    let format = match examine(&mut scan, &entry) {
        Ok(format) => format,
        Err(Stop::NeedsMore(bytes)) if bytes > source.size() && source.size() < size_bytes => {
            return ScanOutcome::NeedsMore { available_bytes: bytes.min(size_bytes) };
        }
        Err(Stop::NeedsMore(_)) => {
            scan.skip(entry.place(None), "the file ends before its header does");
            Format::known("unknown")
        }
        Err(Stop::Unexamined(why)) => {
            scan.skip(entry.place(None), why);
            Format::known("unknown")
        }
    };
    report_growth(&mut scan, &entry);
    ScanOutcome::Report(scan.into_report(format))
}

/// One layer of deflate makes at most 1,032 bytes of one: what grew more was packed in layers to grow.
fn report_growth(scan: &mut Scan, entry: &Entry<'_>) {
    const MUCH: u64 = 64 << 20;
    const RATIO: u64 = 2_000;
    let expanded = scan.budget.expanded();
    if expanded >= MUCH && expanded / entry.size.max(1) >= RATIO {
        expand::report_bomb(scan, entry, "file", entry.size, &expanded.to_string());
    }
}

fn unexamined_whole(why: &str) -> ScanReport {
    ScanReport {
        format: Format::known("unknown"),
        findings: Vec::new(),
        unexamined: vec![Unexamined { place: FindingPlace::default(), why: why.to_owned() }],
    }
}

/// Why a reader stopped before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The file is still arriving: that many bytes from its start are needed.
    NeedsMore(u64),
    /// What comes after cannot be examined.
    Unexamined(String),
}

impl From<Spent> for Stop {
    fn from(spent: Spent) -> Stop {
        Stop::Unexamined(spent.to_string())
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Unexamined(format!("cannot be read: {error}"))
    }
}

/// One file or member under examination.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// Its bytes, as far as they are there.
    pub(crate) source: &'a dyn ReadAt,
    /// The size it will have.
    pub(crate) size: u64,
    /// The name it goes by: its path in the repository or the archive.
    pub(crate) name: &'a str,
    /// The path of members down to it; empty for the file itself.
    pub(crate) member: &'a str,
    /// How many containers are around it.
    pub(crate) depth: u32,
}

impl Entry<'_> {
    /// A place in it.
    pub(crate) fn place(&self, offset: Option<u64>) -> FindingPlace {
        FindingPlace { member: self.member.to_owned(), offset }
    }

    /// Whether all of its bytes are there.
    pub(crate) fn is_whole(&self) -> bool {
        self.source.size() >= self.size
    }

    /// The last part of its name.
    pub(crate) fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }

    /// What follows the last `.` of its name, in lower case.
    pub(crate) fn extension(&self) -> String {
        match self.file_name().rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
            _ => String::new(),
        }
    }

    /// The path of a member of it.
    pub(crate) fn member_path(&self, name: &str) -> String {
        let name = shown(name.as_bytes(), 512);
        if self.member.is_empty() {
            return name;
        }
        shown(format!("{}!{name}", self.member).as_bytes(), 1500)
    }

    /// Reads exactly `size` bytes, or says what is missing.
    pub(crate) fn read(&self, offset: u64, size: usize) -> Result<Vec<u8>, Stop> {
        let end = offset.saturating_add(size as u64);
        if end > self.source.size() {
            return Err(if end <= self.size {
                Stop::NeedsMore(end)
            } else {
                Stop::Unexamined(format!("it ends before byte {end}"))
            });
        }
        let mut buffer = vec![0; size];
        let count = read_full(self.source, &mut buffer, offset)?;
        if count < size {
            return Err(Stop::Unexamined("it is shorter than it should be".to_owned()));
        }
        Ok(buffer)
    }
}

/// The start of a file, by which its format is recognised.
pub(crate) struct Head<'a> {
    /// The first bytes, at most 4,096.
    pub(crate) bytes: &'a [u8],
    /// The file.
    pub(crate) entry: &'a Entry<'a>,
}

impl Head<'_> {
    /// Whether the file begins with these bytes.
    pub(crate) fn starts_with(&self, magic: &[u8]) -> bool {
        self.bytes.starts_with(magic)
    }

    /// Whether these bytes stand at `offset`.
    pub(crate) fn has(&self, offset: usize, magic: &[u8]) -> bool {
        self.bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic))
    }
}

/// What one scan collects.
pub(crate) struct Scan {
    /// What it may still cost.
    pub(crate) budget: Budget,
    /// Storages that pickles named since somebody last took them.
    pub(crate) storages: Vec<Storage>,
    findings: Vec<Finding>,
    unexamined: Vec<Unexamined>,
    overflowed: bool,
}

impl Scan {
    pub(crate) fn new(limits: &Limits) -> Scan {
        Scan {
            budget: Budget::new(limits),
            storages: Vec::new(),
            findings: Vec::new(),
            unexamined: Vec::new(),
            overflowed: false,
        }
    }

    /// Keeps a finding. Beyond the limit a dangerous one still takes the place of a lesser one.
    pub(crate) fn report(&mut self, finding: Finding) {
        if self.findings.contains(&finding) {
            return;
        }
        if self.findings.len() < self.budget.limits().findings {
            self.findings.push(finding);
            return;
        }
        self.overflowed = true;
        if finding.severity == Severity::Dangerous
            && let Some(lesser) =
                self.findings.iter_mut().find(|kept| kept.severity != Severity::Dangerous)
        {
            *lesser = finding;
        }
    }

    /// Notes something that was not examined.
    pub(crate) fn skip(&mut self, place: FindingPlace, why: impl Into<String>) {
        let gap = Unexamined { place, why: shown(why.into().as_bytes(), 400) };
        if self.unexamined.len() < self.budget.limits().findings && !self.unexamined.contains(&gap)
        {
            self.unexamined.push(gap);
        }
    }

    /// Runs a reader on another form of a file; what it says stands at the places of the file itself.
    pub(crate) fn within(
        &mut self,
        read: impl FnOnce(&mut Scan) -> Result<(), Stop>,
        place: impl Fn(u64) -> u64,
    ) -> Result<(), Stop> {
        let mut inner = Scan {
            budget: self.budget.clone(),
            storages: Vec::new(),
            findings: Vec::new(),
            unexamined: Vec::new(),
            overflowed: false,
        };
        let done = read(&mut inner);
        self.overflowed |= inner.overflowed;
        for mut finding in inner.findings {
            finding.place.offset = finding.place.offset.map(&place);
            self.report(finding);
        }
        for mut gap in inner.unexamined {
            gap.place.offset = gap.place.offset.map(&place);
            self.skip(gap.place, gap.why);
        }
        done
    }

    fn into_report(mut self, format: Format) -> ScanReport {
        if self.overflowed {
            let allowed = self.budget.limits().findings;
            self.unexamined.push(Unexamined {
                place: FindingPlace::default(),
                why: format!("more than {allowed} findings; the others are not listed"),
            });
        }
        ScanReport { format, findings: self.findings, unexamined: self.unexamined }
    }
}

/// Examines one file or member: recognises it, compares it with its name, and reads it.
pub(crate) fn examine(scan: &mut Scan, entry: &Entry<'_>) -> Result<Format, Stop> {
    scan.budget.depth(entry.depth)?;
    let mut head = [0; HEAD_BYTES];
    let available = entry.source.size().min(HEAD_BYTES as u64);
    if available < (HEAD_BYTES as u64).min(entry.size) {
        return Err(Stop::NeedsMore((HEAD_BYTES as u64).min(entry.size)));
    }
    let count = read_full(entry.source, &mut head, 0)?;
    let head = Head { bytes: head.get(..count).unwrap_or_default(), entry };
    formats::read(scan, &head)
}

/// Bytes as people can read them, at most `limit` characters.
pub(crate) fn shown(bytes: &[u8], limit: usize) -> String {
    let cut = bytes.get(..limit.saturating_mul(4).min(bytes.len())).unwrap_or_default();
    let text = String::from_utf8_lossy(cut);
    let mut out = String::new();
    let mut count = 0;
    for c in text.chars() {
        let piece = if c.is_control() || c == '\u{feff}' {
            c.escape_default().to_string()
        } else {
            c.to_string()
        };
        count += piece.chars().count();
        if count > limit {
            out.push('…');
            return out;
        }
        out.push_str(&piece);
    }
    if cut.len() < bytes.len() {
        out.push('…');
    }
    out
}
