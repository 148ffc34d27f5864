//! Downloads: who was served what, and when.

pub(crate) mod list;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::DownloadReport;

/// One range of one file, served to one caller.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DownloadView {
    /// Its id.
    pub id: String,
    /// When it ended.
    pub at: String,
    /// The name of the token, or `anonymous`.
    pub caller: String,
    /// The environment it was served for.
    pub environment: String,
    /// What was served.
    pub artifact: String,
    /// At which commit.
    pub commit: String,
    /// The file.
    pub path: String,
    /// Its SHA-256.
    pub sha256: String,
    /// The first byte that was served.
    pub first_byte: u64,
    /// How many bytes were.
    pub length_bytes: u64,
    /// What the client calls itself.
    pub client: String,
    /// Where it came from.
    pub address: String,
}

impl From<DownloadReport> for DownloadView {
    fn from(report: DownloadReport) -> DownloadView {
        let download = report.download;
        DownloadView {
            id: download.id,
            at: download.at.to_string(),
            caller: download.caller,
            environment: download.environment.to_string(),
            artifact: report.artifact.to_string(),
            commit: report.commit.to_string(),
            path: download.path.to_string(),
            sha256: download.digest.to_string(),
            first_byte: download.first_byte,
            length_bytes: download.length_bytes,
            client: download.client,
            address: download.address,
        }
    }
}
