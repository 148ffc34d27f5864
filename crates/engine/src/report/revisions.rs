//! One revision, file by file.

use std::collections::HashMap;

use weighbridge_domain::{Artifact, CommitId, Custody, Digest, RepoPath, RevisionSpec};
use weighbridge_store::{
    ArtifactRow, FileCount, FilePage, FileRow, PathFinding, Queries, RevisionRow, ScanRow,
    StoreError,
};

use crate::Engine;

/// One revision, with a page of its files.
#[derive(Clone, Debug)]
pub struct RevisionReport {
    /// The artifact.
    pub artifact: ArtifactRow,
    /// The revision.
    pub revision: RevisionRow,
    /// How much it holds.
    pub count: FileCount,
    /// Its files, by path.
    pub files: Vec<FileReport>,
    /// What was seen when its files were looked at together.
    pub findings: Vec<PathFinding>,
    /// What could not be looked at.
    pub unexamined: Vec<String>,
}

/// One file of a revision, with what became of it.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// The file.
    pub file: FileRow,
    /// Where its bytes stand; `None` when nobody fetched them yet.
    pub custody: Option<Custody>,
    /// What the scanner said, by the rules of this version; `None` when it was not scanned.
    pub scan: Option<ScanRow>,
}

impl Engine {
    /// A revision of an artifact, from our records. `None` when they do not have it.
    pub async fn show_revision(
        &self,
        artifact: &Artifact,
        revision: &RevisionSpec,
        after: Option<&RepoPath>,
        limit: u32,
    ) -> Result<Option<RevisionReport>, StoreError> {
        let mut db = self.0.store.read().await?;
        let Some(artifact) = db.find_artifact(artifact).await? else { return Ok(None) };
        let Some(revision) = find_revision(&mut db, &artifact.id, revision).await? else {
            return Ok(None);
        };
        let count = db.count_files(&revision.id).await?;
        let page = FilePage { folder: "", after, limit };
        let rows = db.list_files(&revision.id, &page).await?;
        let custody: HashMap<Digest, Custody> = db
            .list_blobs_of_revision(&revision.id)
            .await?
            .into_iter()
            .map(|blob| (blob.digest, blob.custody))
            .collect();
        let ruleset = self.0.ruleset.as_str();
        let mut scans: HashMap<(Digest, String), ScanRow> = db
            .list_held_scans_of_revision(&revision.id, ruleset)
            .await?
            .into_iter()
            .map(|scan| ((scan.digest, scan.suffix.clone()), scan))
            .collect();
        let report = |file: FileRow| FileReport {
            custody: file.digest.and_then(|digest| custody.get(&digest).copied()),
            scan: file.digest.and_then(|digest| scans.remove(&(digest, file.path.extension()))),
            file,
        };
        let files = rows.into_iter().map(report).collect();
        let together = db.find_held_repository_scan(&revision.id, ruleset).await?;
        let (findings, unexamined) =
            together.map(|scan| (scan.findings, scan.unexamined)).unwrap_or_default();
        Ok(Some(RevisionReport { artifact, revision, count, files, findings, unexamined }))
    }
}

/// The revision that a branch, a tag, a commit or the beginning of one means in our records.
pub(crate) async fn find_revision(
    db: &mut Queries,
    artifact_id: &str,
    spec: &RevisionSpec,
) -> Result<Option<RevisionRow>, StoreError> {
    let commit = match spec.as_commit() {
        Some(commit) => Some(commit),
        None => match db.find_ref(artifact_id, spec).await? {
            Some(known) => Some(known.commit),
            None => only_commit(db, artifact_id, spec.as_str()).await?,
        },
    };
    match commit {
        Some(commit) => db.find_revision(artifact_id, &commit).await,
        None => Ok(None),
    }
}

/// The commit that begins with `prefix`, when it is the only one.
async fn only_commit(
    db: &mut Queries,
    artifact_id: &str,
    prefix: &str,
) -> Result<Option<CommitId>, StoreError> {
    let is_prefix = prefix.len() >= 4 && prefix.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_prefix {
        return Ok(None);
    }
    let mut found = db.list_commits_beginning(artifact_id, &prefix.to_lowercase()).await?;
    let only = found.pop();
    Ok(only.filter(|_| found.is_empty()))
}
