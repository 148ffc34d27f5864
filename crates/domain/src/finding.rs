//! What the scanner saw, in the words of the trade.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// How bad one finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; changes no verdict.
    Note,
    /// A person has to look.
    Review,
    /// It can act on whoever loads it.
    Dangerous,
}

/// What a scan says about a file. `Unknown` is never `Clean`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Everything was examined and nothing can act.
    Clean,
    /// A person has to look.
    Review,
    /// It can act on whoever loads it.
    Dangerous,
    /// Something could not be examined, and what could be is not dangerous.
    Unknown,
}

impl Severity {
    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Review => "review",
            Severity::Dangerous => "dangerous",
        }
    }
}

impl FromStr for Severity {
    type Err = String;
    fn from_str(text: &str) -> Result<Severity, String> {
        [Severity::Note, Severity::Review, Severity::Dangerous]
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a severity"))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Verdict {
    /// The verdict by the worst of what was seen, and by whether everything was looked at.
    pub fn of(worst: Option<Severity>, is_whole: bool) -> Verdict {
        match worst {
            Some(Severity::Dangerous) => Verdict::Dangerous,
            _ if !is_whole => Verdict::Unknown,
            Some(Severity::Review) => Verdict::Review,
            Some(Severity::Note) | None => Verdict::Clean,
        }
    }

    /// Whether it is worse than another one: whoever knew that one has to be told.
    pub fn is_worse_than(self, other: Verdict) -> bool {
        let rank = |verdict| match verdict {
            Verdict::Clean => 0,
            Verdict::Review => 1,
            Verdict::Unknown => 2,
            Verdict::Dangerous => 3,
        };
        rank(self) > rank(other)
    }

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Clean => "clean",
            Verdict::Review => "review",
            Verdict::Dangerous => "dangerous",
            Verdict::Unknown => "unknown",
        }
    }
}

impl FromStr for Verdict {
    type Err = String;
    fn from_str(text: &str) -> Result<Verdict, String> {
        [Verdict::Clean, Verdict::Review, Verdict::Dangerous, Verdict::Unknown]
            .into_iter()
            .find(|verdict| verdict.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a verdict"))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The format a file was parsed as, by content. The word is the one users know: `pickle`, `gguf`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Format(Cow<'static, str>);

impl Format {
    /// A format known when this was compiled.
    pub const fn known(word: &'static str) -> Format {
        Format(Cow::Borrowed(word))
    }

    /// A format read back from a record.
    pub fn read(word: String) -> Format {
        Format(Cow::Owned(word))
    }

    /// Its word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where in a file a finding is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingPlace {
    /// Path of members from the outside in: `archive/data.pkl`; empty for the file itself.
    pub member: String,
    /// Byte offset in the file or the innermost member, where there is one.
    pub offset: Option<u64>,
}

/// One thing the scanner saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable rule code: `WB-PICKLE-CALL`.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// Where.
    pub place: FindingPlace,
    /// One sentence without a full stop: `pickle calls os.system`.
    pub message: String,
    /// The evidence: the call with its bounded, escaped arguments, a field and its value.
    pub evidence: String,
}

/// Something the scanner did not look at, and why. Its presence forbids `Clean`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexamined {
    /// Where.
    pub place: FindingPlace,
    /// Why: the budget that ran out, the encryption, the broken member.
    pub why: String,
}

/// Everything one scan of one file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanReport {
    /// What the file is, by content.
    pub format: Format,
    /// What was seen.
    pub findings: Vec<Finding>,
    /// What was not examined.
    pub unexamined: Vec<Unexamined>,
}

impl ScanReport {
    /// Derives the verdict: it is never stored apart from what it rests on.
    pub fn verdict(&self) -> Verdict {
        let worst = self.findings.iter().map(|finding| finding.severity).max();
        Verdict::of(worst, self.unexamined.is_empty())
    }

    /// Whether there is nothing to tell but the format.
    pub fn says_nothing(&self) -> bool {
        self.findings.is_empty() && self.unexamined.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(severities: &[Severity], complete: bool) -> Verdict {
        let finding = |severity: &Severity| Finding {
            rule: "WB-TEST".to_owned(),
            severity: *severity,
            place: FindingPlace::default(),
            message: String::new(),
            evidence: String::new(),
        };
        let unexamined =
            Unexamined { place: FindingPlace::default(), why: "step budget".to_owned() };
        ScanReport {
            format: Format::known("pickle"),
            findings: severities.iter().map(finding).collect(),
            unexamined: if complete { Vec::new() } else { vec![unexamined] },
        }
        .verdict()
    }

    #[test]
    fn unknown_is_never_clean_and_never_hides_danger() {
        assert_eq!(report(&[], true), Verdict::Clean);
        assert_eq!(report(&[], false), Verdict::Unknown);
        assert_eq!(report(&[Severity::Review], false), Verdict::Unknown);
        assert_eq!(report(&[Severity::Dangerous], false), Verdict::Dangerous);
    }
}
