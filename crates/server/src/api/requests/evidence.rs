//! What somebody who answers a request has to see, as the API tells it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::{
    Changes, FileChange, FileSide, FindingFact, FormatFact, RequestEvidence, RequestReport,
};

use crate::api::decisions::ReasonView;

/// The evidence about what was asked for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EvidenceView {
    /// The licences it declares.
    pub licences: Vec<String>,
    /// The formats of its files.
    pub formats: Vec<FileFormatView>,
    /// What the scanner saw, the worst first; at most 100.
    pub findings: Vec<SeenView>,
    /// How many of them there are: dangerous.
    pub dangerous: u64,
    /// For a person to look at.
    pub review: u64,
    /// Worth knowing.
    pub notes: u64,
    /// Files that were examined whole.
    pub examined: u64,
    /// Files that are waited for.
    pub pending: u64,
    /// Files of which something could not be examined.
    pub unknown: u64,
    /// What policy would still object to if everybody said yes; absent when that could not be found out.
    pub remaining: Option<Vec<ReasonView>>,
    /// The commit whose approvals hold for this one too, because it differs in nothing that matters.
    pub carried_over_from: Option<String>,
    /// What differs from the revision that was approved last for the environment.
    pub changes: Option<ChangesView>,
    /// Other requests for artifacts of the same publisher or name, the newest first.
    pub family: Vec<RelatedView>,
}

/// One format.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FileFormatView {
    /// Its word.
    pub format: String,
    /// How many files have it.
    pub files: u64,
    /// Whether their content says so (`verified`), or their names (`inferred`).
    pub grade: String,
}

/// One thing that the scanner saw.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SeenView {
    /// How bad.
    pub severity: String,
    /// The scanner's rule.
    pub rule: String,
    /// The file.
    pub path: String,
    /// What.
    pub message: String,
}

/// What differs from the revision that was approved last.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangesView {
    /// Its request.
    pub request: String,
    /// Its commit.
    pub commit: String,
    /// When it was approved.
    pub approved_at: String,
    /// Until when.
    pub expires_at: String,
    /// The files that differ; at most 200.
    pub files: Vec<FileChangeView>,
    /// How many there are in all.
    pub files_in_all: u64,
    /// Its licences, when they differ.
    pub licences_before: Option<Vec<String>>,
    /// What the scanner sees now and did not see then.
    pub new_findings: Vec<SeenView>,
    /// What it saw then and does not see now.
    pub gone_findings: Vec<SeenView>,
    /// The difference of the cards, as `diff -u` writes it; absent when there is none, or one is too long.
    pub card: Option<String>,
}

/// One file that differs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FileChangeView {
    /// `added`, `removed`, `changed` or `renamed`.
    pub change: String,
    /// As it was.
    pub before: Option<FileSideView>,
    /// As it is.
    pub after: Option<FileSideView>,
}

/// A file as one revision has it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FileSideView {
    /// Where it lies.
    pub path: String,
    /// How large it is.
    pub size_bytes: u64,
    /// Its SHA-256, as far as it is known.
    pub sha256: Option<String>,
}

/// Another request of the family.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RelatedView {
    /// Its id.
    pub id: String,
    /// Of what.
    pub artifact: String,
    /// At which commit.
    pub commit: String,
    /// For which environment.
    pub environment: String,
    /// Where it stands.
    pub state: String,
    /// When it was answered or withdrawn.
    pub decided_at: Option<String>,
    /// Who answered what, and why.
    pub answers: Vec<super::AnswerView>,
    /// What the approval is bound to; empty when nothing.
    pub conditions: String,
}

impl From<RequestEvidence> for EvidenceView {
    fn from(evidence: RequestEvidence) -> EvidenceView {
        let (examined, pending, unknown) = evidence.examined;
        EvidenceView {
            licences: evidence.licences,
            formats: evidence.formats.into_iter().map(FileFormatView::from).collect(),
            findings: seen(evidence.findings),
            dangerous: evidence.finding_counts.dangerous,
            review: evidence.finding_counts.review,
            notes: evidence.finding_counts.note,
            examined,
            pending,
            unknown,
            remaining: evidence
                .remaining
                .map(|remaining| remaining.iter().map(ReasonView::from).collect()),
            carried_over_from: evidence.carried_over_from.map(|commit| commit.to_string()),
            changes: evidence.changes.map(ChangesView::from),
            family: evidence.family.into_iter().map(RelatedView::from).collect(),
        }
    }
}

impl From<FormatFact> for FileFormatView {
    fn from(fact: FormatFact) -> FileFormatView {
        let FormatFact { format, files, examined, .. } = fact;
        let grade = if examined { "verified" } else { "inferred" }.to_owned();
        FileFormatView { format, files, grade }
    }
}

fn seen(findings: Vec<FindingFact>) -> Vec<SeenView> {
    let view = |finding: FindingFact| SeenView {
        severity: finding.severity.to_string(),
        rule: finding.rule,
        path: finding.path,
        message: finding.message,
    };
    findings.into_iter().map(view).collect()
}

impl From<Changes> for ChangesView {
    fn from(changes: Changes) -> ChangesView {
        ChangesView {
            request: changes.request_id,
            commit: changes.commit,
            approved_at: changes.approved_at.to_string(),
            expires_at: changes.expires_at.to_string(),
            files: changes.files.into_iter().map(FileChangeView::from).collect(),
            files_in_all: u64::try_from(changes.files_in_all).unwrap_or(u64::MAX),
            licences_before: changes.licences_before,
            new_findings: seen(changes.new_findings),
            gone_findings: seen(changes.gone_findings),
            card: changes.card,
        }
    }
}

impl From<FileChange> for FileChangeView {
    fn from(change: FileChange) -> FileChangeView {
        let side = |side: FileSide| FileSideView {
            path: side.path.to_string(),
            size_bytes: side.size_bytes,
            sha256: side.digest.map(|digest| digest.to_string()),
        };
        FileChangeView {
            change: change.kind.as_str().to_owned(),
            before: change.before.map(side),
            after: change.after.map(side),
        }
    }
}

impl From<RequestReport> for RelatedView {
    fn from(report: RequestReport) -> RelatedView {
        let row = report.row;
        RelatedView {
            id: row.id,
            artifact: report.artifact.artifact.to_string(),
            commit: report.revision.commit.to_string(),
            environment: row.request.environment.to_string(),
            state: row.request.state.to_string(),
            decided_at: row.decided_at.map(|moment| moment.to_string()),
            answers: row.request.votes.into_iter().map(super::AnswerView::from).collect(),
            conditions: row.conditions,
        }
    }
}
