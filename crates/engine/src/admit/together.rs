//! What the files of a revision say together: by the rules that read several of them, and by its name.

use weighbridge_domain::Artifact;
use weighbridge_scan::{RepositoryFile, RepositoryFinding, ScanAnswer, judge_name};
use weighbridge_store::{PathFinding, RepositoryScanRow, StoreError};

use crate::Engine;

/// Approved names that a new one is compared with, the newest.
const TRUSTED_NAMES: u32 = 5_000;

impl Engine {
    /// What the name of a repository alone says: beside well-known names there are those that people here approved.
    pub(crate) async fn judge_name(
        &self,
        artifact: &Artifact,
        files: &[RepositoryFile],
    ) -> Result<Option<RepositoryFinding>, StoreError> {
        let mut db = self.0.store.read().await?;
        let trusted = db.list_approved_artifacts(TRUSTED_NAMES).await?;
        Ok(judge_name(artifact, &trusted, files))
    }

    /// What the rules of today say of a revision as a whole: the scanner's answer, and what its name says.
    pub(crate) fn seen_together(
        &self,
        revision_id: &str,
        answer: &ScanAnswer,
        name: Option<RepositoryFinding>,
    ) -> RepositoryScanRow {
        let findings = answer.repository.iter().cloned().chain(name);
        let findings =
            findings.map(|seen| PathFinding { path: seen.path, finding: seen.finding }).collect();
        RepositoryScanRow {
            revision_id: revision_id.to_owned(),
            ruleset: self.0.ruleset.clone(),
            findings,
            unexamined: answer.repository_unexamined.clone(),
            scanned_at: self.0.settings.clock.now(),
        }
    }
}
