//! What entries list: files, pulls, rows, runs of entries.

use serde::Serialize;

#[cfg(doc)]
use super::Event;

/// One file of [`Event::FilesRecalled`].
#[derive(Clone, Debug, Serialize)]
pub struct RecalledFile {
    pub path: String,
    pub digest: String,
}

/// One row of the decision table, in [`Event::RequestMade`].
#[derive(Clone, Debug, Serialize)]
pub struct CheckedRow {
    pub row: String,
    pub answer: &'static str,
    pub grade: &'static str,
}

impl From<&weighbridge_domain::Checked> for CheckedRow {
    fn from(checked: &weighbridge_domain::Checked) -> CheckedRow {
        CheckedRow {
            row: checked.row.id.clone(),
            answer: checked.answer.as_str(),
            grade: checked.grade.as_str(),
        }
    }
}

/// One file of [`Event::FilesQuarantined`].
#[derive(Clone, Debug, Serialize)]
pub struct QuarantinedFile {
    pub path: String,
    pub digest: String,
    pub size_bytes: u64,
}

/// Entries of [`Event::BodiesErased`] that follow each other.
#[derive(Clone, Debug, Serialize)]
pub struct ErasedRun {
    pub first: u64,
    pub last: u64,
}

/// One file of [`Event::FilesJudged`].
#[derive(Clone, Debug, Serialize)]
pub struct JudgedFile {
    pub path: String,
    pub digest: String,
    pub format: String,
    pub verdict: &'static str,
    pub custody: &'static str,
    /// What other rules said of it before, when that was better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worse_than: Option<&'static str>,
}

/// One file of [`Event::Rescanned`] that looks better to the rules of today.
#[derive(Clone, Debug, Serialize)]
pub struct RescannedFile {
    pub digest: String,
    pub suffix: String,
    pub before: &'static str,
    pub verdict: &'static str,
    pub custody: &'static str,
}

/// One download of [`Event::Pulled`].
#[derive(Clone, Debug, Serialize)]
pub struct ServedPull {
    pub by: String,
    pub environment: String,
    pub artifact: String,
    pub commit: String,
    pub path: String,
    pub digest: String,
    pub first_byte: u64,
    pub length_bytes: u64,
    pub client: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// It ended early: at most these bytes have left.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub broken_off: bool,
}

/// One refusal of [`Event::Pulled`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct RefusedPull {
    pub by: String,
    pub environment: String,
    pub artifact: String,
    pub revision: String,
    pub path: Option<String>,
    pub why: String,
    pub decision: Option<String>,
    pub client: String,
}
