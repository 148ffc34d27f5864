//! Who was served what, and when.

use weighbridge_domain::{Artifact, CommitId};
use weighbridge_store::{DownloadPage, DownloadRow, StoreError};

use crate::Engine;

/// One download, and what it was of.
#[derive(Clone, Debug)]
pub struct DownloadReport {
    /// The download.
    pub download: DownloadRow,
    /// What was served.
    pub artifact: Artifact,
    /// At which commit.
    pub commit: CommitId,
}

impl Engine {
    /// Downloads, the newest first: of one artifact, or of all.
    pub async fn list_downloads(
        &self,
        artifact: Option<&Artifact>,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<DownloadReport>, StoreError> {
        let mut db = self.0.store.read().await?;
        let artifact_id = match artifact {
            None => None,
            Some(artifact) => match db.find_artifact(artifact).await? {
                Some(row) => Some(row.id),
                None => return Ok(Vec::new()),
            },
        };
        let page = DownloadPage { artifact_id: artifact_id.as_deref(), before, limit };
        let mut reports = Vec::new();
        for download in db.list_downloads(&page).await? {
            let Some(revision) = db.find_revision_by_id(&download.revision_id).await? else {
                continue;
            };
            let Some(row) = db.find_artifact_by_id(&revision.artifact_id).await? else { continue };
            let commit = revision.commit;
            reports.push(DownloadReport { download, artifact: row.artifact, commit });
        }
        Ok(reports)
    }
}
