//! What came in.

use weighbridge_domain::Artifact;
use weighbridge_store::{
    ArtifactPage, ArtifactRow, DecisionRow, FileCount, Queries, RefRow, RevisionRow, StoreError,
};

use crate::Engine;

/// The most revisions one report lists.
const MAX_REVISIONS: u32 = 20;

/// One artifact, with everything that came of it.
#[derive(Clone, Debug)]
pub struct ArtifactReport {
    /// The artifact.
    pub artifact: ArtifactRow,
    /// Branches and tags somebody asked for.
    pub refs: Vec<RefRow>,
    /// Its revisions, the newest first, at most twenty.
    pub revisions: Vec<RevisionSummary>,
    /// How often files of it were served.
    pub downloads: u64,
}

/// One revision in short.
#[derive(Clone, Debug)]
pub struct RevisionSummary {
    /// The revision.
    pub revision: RevisionRow,
    /// How much it holds.
    pub files: FileCount,
    /// The decisions that hold.
    pub decisions: Vec<DecisionRow>,
}

impl Engine {
    /// Artifacts in the order of their names.
    pub async fn list_artifacts(
        &self,
        page: &ArtifactPage<'_>,
    ) -> Result<Vec<ArtifactRow>, StoreError> {
        self.0.store.read().await?.list_artifacts(page).await
    }

    /// Everything known about an artifact, whichever of its names is given.
    pub async fn show_artifact(
        &self,
        artifact: &Artifact,
    ) -> Result<Option<ArtifactReport>, StoreError> {
        let mut db = self.0.store.read().await?;
        let Some(row) = db.find_artifact(artifact).await? else { return Ok(None) };
        let refs = db.list_refs(&row.id).await?;
        let mut revisions = Vec::new();
        for revision in db.list_revisions(&row.id, None, MAX_REVISIONS).await? {
            revisions.push(summary(&mut db, revision).await?);
        }
        let downloads = db.count_downloads(&row.id).await?;
        Ok(Some(ArtifactReport { artifact: row, refs, revisions, downloads }))
    }

    /// The revisions that came in last, with their artifacts.
    pub async fn list_latest(
        &self,
        limit: u32,
    ) -> Result<Vec<(ArtifactRow, RevisionSummary)>, StoreError> {
        let mut db = self.0.store.read().await?;
        let mut latest = Vec::new();
        for revision in db.list_latest_revisions(None, limit).await? {
            if let Some(artifact) = db.find_artifact_by_id(&revision.artifact_id).await? {
                latest.push((artifact, summary(&mut db, revision).await?));
            }
        }
        Ok(latest)
    }
}

async fn summary(db: &mut Queries, revision: RevisionRow) -> Result<RevisionSummary, StoreError> {
    let files = db.count_files(&revision.id).await?;
    let mut decisions = db.list_decisions_of_revision(&revision.id).await?;
    decisions.retain(|decision| decision.superseded_at.is_none());
    decisions.sort_by(|one, other| one.decision.environment.cmp(&other.decision.environment));
    Ok(RevisionSummary { revision, files, decisions })
}
