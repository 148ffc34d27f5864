//! Revisions: the files of one commit, and what became of each.

pub(crate) mod show;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::Finding;
use weighbridge_engine::{FileReport, RevisionReport};

use super::extract::Page;

/// One revision, with a page of its files.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevisionView {
    /// The artifact.
    pub artifact: String,
    /// The commit.
    pub commit: String,
    /// The digest of its manifest, once every file was fetched: its identity.
    pub manifest: Option<String>,
    /// When its files were listed.
    pub listed_at: String,
    /// Its files in all.
    pub file_count: u64,
    /// How large it is.
    pub size_bytes: u64,
    /// A page of its files, by path.
    pub files: Page<FileView>,
    /// What was seen when its files were looked at together.
    pub findings: Vec<FindingView>,
    /// What could not be looked at.
    pub unexamined: Vec<String>,
}

/// One file, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FileView {
    /// Where it lies.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its SHA-256, once it was fetched and verified.
    pub sha256: Option<String>,
    /// Where its bytes stand; absent when nobody fetched them yet.
    pub custody: Option<String>,
    /// What the scanner says: `clean`, `review`, `dangerous` or `unknown`; absent when it was not
    /// scanned, which is not `clean`.
    pub verdict: Option<String>,
    /// What the file is, by content.
    pub format: Option<String>,
    /// What the scanner saw.
    pub findings: Vec<FindingView>,
    /// What it did not look at, and why.
    pub unexamined: Vec<String>,
}

/// One thing the scanner saw.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FindingView {
    /// The rule: `WB-PICKLE-CALL`.
    pub rule: String,
    /// `note`, `review` or `dangerous`.
    pub severity: String,
    /// The file, when it is about several.
    pub path: Option<String>,
    /// Where in the file: members of archives, from the outside in.
    pub member: Option<String>,
    /// The byte.
    pub offset: Option<u64>,
    /// What it is, in a sentence.
    pub message: String,
    /// The evidence, escaped.
    pub evidence: String,
}

impl FindingView {
    fn of(finding: &Finding, path: Option<String>) -> FindingView {
        FindingView {
            rule: finding.rule.clone(),
            severity: finding.severity.to_string(),
            path,
            member: Some(finding.place.member.clone()).filter(|member| !member.is_empty()),
            offset: finding.place.offset,
            message: finding.message.clone(),
            evidence: finding.evidence.clone(),
        }
    }
}

impl From<FileReport> for FileView {
    fn from(report: FileReport) -> FileView {
        let scan = report.scan.map(|scan| scan.report);
        let unexamined = scan.iter().flat_map(|scan| &scan.unexamined).map(|gap| {
            if gap.place.member.is_empty() {
                gap.why.clone()
            } else {
                format!("{}: {}", gap.place.member, gap.why)
            }
        });
        FileView {
            path: report.file.path.to_string(),
            size_bytes: report.file.size_bytes,
            sha256: report.file.digest.map(|digest| digest.to_string()),
            custody: report.custody.map(|custody| custody.to_string()),
            verdict: scan.as_ref().map(|scan| scan.verdict().to_string()),
            format: scan.as_ref().map(|scan| scan.format.to_string()),
            findings: scan
                .iter()
                .flat_map(|scan| &scan.findings)
                .map(|finding| FindingView::of(finding, None))
                .collect(),
            unexamined: unexamined.collect(),
        }
    }
}

impl RevisionView {
    /// A view with the first `limit` of the files in the report.
    pub(crate) fn of(report: RevisionReport, limit: u32) -> RevisionView {
        let findings = report
            .findings
            .iter()
            .map(|seen| FindingView::of(&seen.finding, Some(seen.path.to_string())));
        RevisionView {
            artifact: report.artifact.artifact.to_string(),
            commit: report.revision.commit.to_string(),
            manifest: report.revision.manifest.map(|digest| digest.to_string()),
            listed_at: report.revision.listed_at.to_string(),
            file_count: report.count.files,
            size_bytes: report.count.size_bytes,
            findings: findings.collect(),
            unexamined: report.unexamined,
            files: Page::of(report.files, limit, |file| file.file.path.to_string(), FileView::from),
        }
    }
}
