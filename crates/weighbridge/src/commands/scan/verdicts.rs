//! What came out, file by file, and the one word for all of it.

use weighbridge_domain::{Finding, Format, Unexamined, Verdict};
use weighbridge_scan::SandboxSupport;

/// Everything that was scanned.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    /// In the order in which they were named and found.
    pub(super) files: Vec<FileResult>,
    /// What of a directory could not be looked at.
    pub(super) unexamined: Vec<String>,
    /// What held the workers; the least of them.
    pub(super) sandbox: Option<SandboxSupport>,
}

/// One file.
#[derive(Debug)]
pub(super) struct FileResult {
    /// Its path as it was named.
    pub(super) shown: String,
    pub(super) format: Format,
    pub(super) findings: Vec<Seen>,
    pub(super) unexamined: Vec<Unexamined>,
}

/// A finding, and who set it aside.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) finding: Finding,
    pub(super) suppressed: Option<Suppressed>,
}

/// Why a finding counts no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suppressed {
    pub(super) reason: String,
    pub(super) expires: String,
}

impl Seen {
    pub(super) fn new(finding: Finding) -> Seen {
        Seen { finding, suppressed: None }
    }
}

impl FileResult {
    /// The verdict by what counts.
    pub(super) fn verdict(&self) -> Verdict {
        let counting = self.findings.iter().filter(|seen| seen.suppressed.is_none());
        let worst = counting.map(|seen| seen.finding.severity).max();
        Verdict::of(worst, self.unexamined.is_empty())
    }
}

impl Scanned {
    /// The worst of all; `None` when nothing was there to scan.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        let rest = (!self.unexamined.is_empty()).then_some(Verdict::Unknown);
        self.files.iter().map(FileResult::verdict).chain(rest).max_by_key(|verdict| rank(*verdict))
    }

    /// How many files have a verdict.
    pub(super) fn count(&self, verdict: Verdict) -> u64 {
        self.files.iter().filter(|file| file.verdict() == verdict).count() as u64
    }
}

/// The order in which verdicts matter: what nobody could look at is worse than what somebody should.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Clean => 0,
        Verdict::Review => 1,
        Verdict::Unknown => 2,
        Verdict::Dangerous => 3,
    }
}
