//! Artifacts: what came in, under their canonical names.

pub(crate) mod list;
pub(crate) mod show;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::Artifact;
use weighbridge_engine::{ArtifactReport, ArtifactRow, RevisionSummary};

use super::decisions::HeldOutcome;

/// An artifact.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ArtifactView {
    /// Its id.
    pub id: String,
    /// How people write it: `acme/tiny-bert`, `datasets/acme/words`.
    pub artifact: String,
    /// `model` or `dataset`.
    pub kind: String,
    /// The source it belongs to.
    pub source: String,
    /// Whether upstream gives it to some people only.
    pub restricted: bool,
    /// When it was first asked for.
    pub created_at: String,
}

/// An artifact, with everything that came of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ArtifactDetailView {
    /// The artifact.
    #[serde(flatten)]
    pub artifact: ArtifactView,
    /// How often files of it were served.
    pub downloads: u64,
    /// Branches and tags somebody asked for.
    pub refs: Vec<RefView>,
    /// Its revisions, the newest first, at most twenty.
    pub revisions: Vec<RevisionSummaryView>,
}

/// A branch or a tag.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RefView {
    /// Its name.
    pub name: String,
    /// Where it pointed when it was last looked at.
    pub commit: String,
    /// When that was.
    pub checked_at: String,
}

/// A revision in short.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevisionSummaryView {
    /// The commit.
    pub commit: String,
    /// The digest of its manifest, once every file was fetched: its identity.
    pub manifest: Option<String>,
    /// Its files.
    pub files: u64,
    /// The files nobody has fetched yet.
    pub missing_files: u64,
    /// How large it is.
    pub size_bytes: u64,
    /// When its files were listed.
    pub listed_at: String,
    /// What holds in each environment that was asked for.
    pub decisions: Vec<HeldOutcome>,
}

impl From<ArtifactRow> for ArtifactView {
    fn from(row: ArtifactRow) -> ArtifactView {
        ArtifactView {
            id: row.id,
            artifact: row.artifact.to_string(),
            kind: row.artifact.kind.to_string(),
            source: row.source.to_string(),
            restricted: row.restricted,
            created_at: row.created_at.to_string(),
        }
    }
}

impl From<RevisionSummary> for RevisionSummaryView {
    fn from(summary: RevisionSummary) -> RevisionSummaryView {
        RevisionSummaryView {
            commit: summary.revision.commit.to_string(),
            manifest: summary.revision.manifest.map(|digest| digest.to_string()),
            files: summary.files.files,
            missing_files: summary.files.missing,
            size_bytes: summary.files.size_bytes,
            listed_at: summary.revision.listed_at.to_string(),
            decisions: summary.decisions.iter().map(HeldOutcome::from).collect(),
        }
    }
}

impl From<ArtifactReport> for ArtifactDetailView {
    fn from(report: ArtifactReport) -> ArtifactDetailView {
        let refs = report.refs.iter().map(|known| RefView {
            name: known.name.to_string(),
            commit: known.commit.to_string(),
            checked_at: known.checked_at.to_string(),
        });
        ArtifactDetailView {
            refs: refs.collect(),
            revisions: report.revisions.into_iter().map(RevisionSummaryView::from).collect(),
            downloads: report.downloads,
            artifact: report.artifact.into(),
        }
    }
}

/// The problem of an artifact that is not on record, or that the caller may not know of.
pub(crate) fn no_such_artifact(artifact: &Artifact) -> crate::problem::Problem {
    let detail = format!("nobody asked for {artifact} yet");
    crate::problem::Problem::not_found("no-such-artifact", detail)
        .hint("`weighbridge artifact list` shows what came in")
}
