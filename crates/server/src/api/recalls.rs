//! Recalls: bytes that were found bad after they had been released, and who has them.

pub(crate) mod list;
pub(crate) mod make;
pub(crate) mod show;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::{Downloaded, RecallError, RecallReport, RecallRow};

use crate::problem::Problem;

pub use make::MakeRecall;

/// Bytes that were recalled.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecallView {
    /// The bytes: SHA-256.
    pub sha256: String,
    /// Of what they were recalled; others may have them too.
    pub artifact: String,
    /// At which commit.
    pub commit: String,
    /// Under which name.
    pub path: String,
    /// Who did it.
    pub by: String,
    /// Why.
    pub because: String,
    /// When.
    pub at: String,
}

/// A recall, and whom it concerns.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecallReportView {
    /// What was recalled.
    pub recalled: Vec<RecallView>,
    /// Files of the same revision that other artifacts have too: they were not recalled, unless they are named.
    pub left: Vec<String>,
    /// The revisions that are denied for it, everywhere: `artifact@commit`.
    pub denied: Vec<String>,
    /// Who was served these bytes, whoever had them last first.
    pub downloads: Vec<DownloadedView>,
}

/// Somebody who was served bytes that were recalled.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DownloadedView {
    /// The name of the token, or `anonymous`.
    pub caller: String,
    /// For which environment.
    pub environment: String,
    /// Of what.
    pub artifact: String,
    /// At which commit.
    pub commit: String,
    /// The file.
    pub path: String,
    /// Its SHA-256.
    pub sha256: String,
    /// How many ranges of it were served.
    pub times: u64,
    /// The first time.
    pub first_at: String,
    /// The last time.
    pub last_at: String,
    /// What the client calls itself.
    pub client: String,
    /// Where it came from.
    pub address: String,
}

impl From<RecallRow> for RecallView {
    fn from(row: RecallRow) -> RecallView {
        RecallView {
            sha256: row.digest.to_string(),
            artifact: row.artifact.to_string(),
            commit: row.commit.to_string(),
            path: row.path.to_string(),
            by: row.by,
            because: row.because,
            at: row.at.to_string(),
        }
    }
}

impl From<RecallReport> for RecallReportView {
    fn from(report: RecallReport) -> RecallReportView {
        let denied = report.denied.into_iter();
        RecallReportView {
            recalled: report.recalled.into_iter().map(RecallView::from).collect(),
            left: report.left.iter().map(ToString::to_string).collect(),
            denied: denied.map(|(artifact, commit)| format!("{artifact}@{commit}")).collect(),
            downloads: report.downloads.into_iter().map(DownloadedView::from).collect(),
        }
    }
}

impl From<Downloaded> for DownloadedView {
    fn from(downloaded: Downloaded) -> DownloadedView {
        let Downloaded { row, digest, artifact, commit } = downloaded;
        DownloadedView {
            caller: row.caller,
            environment: row.environment,
            artifact: artifact.to_string(),
            commit: commit.to_string(),
            path: row.path.to_string(),
            sha256: digest.to_string(),
            times: row.times,
            first_at: row.first_at.to_string(),
            last_at: row.last_at.to_string(),
            client: row.client,
            address: row.address,
        }
    }
}

impl From<RecallError> for Problem {
    fn from(error: RecallError) -> Problem {
        match error {
            RecallError::NotHere(_) => Problem::not_found("not-here", error)
                .hint("`weighbridge artifact list` shows what is, `weighbridge recalls` what was recalled"),
            RecallError::NotReleased(_) => Problem::conflict("not-released", error),
            RecallError::NothingReleased => Problem::conflict("nothing-released", error)
                .hint("`weighbridge recalls` shows what was recalled already"),
            RecallError::AllShared => Problem::conflict("all-shared", error)
                .hint("name them with `--file`; they are denied wherever they are then"),
            RecallError::TooMany => Problem::bad_request("too-many", error),
            RecallError::OutOfReach(error) => error.into(),
            RecallError::BadText => Problem::bad_request("bad-text", error),
            RecallError::Store(error) => Problem::internal(error),
        }
    }
}
