//! Bytes that were released and are found bad: recalled, everywhere they are. Custody decides, so every
//! revision with such a file is denied in every environment from that moment on, and it stays so.

use std::collections::{BTreeSet, HashMap, HashSet};

use weighbridge_domain::{
    Artifact, Caller, CommitId, Custody, Digest, Environment, OutOfReach, RepoPath, Role,
    ScanReport,
};
use weighbridge_store::{
    ArtifactRow, DownloaderRow, FileRow, Queries, RecallRow, RevisionRow, StoreError,
};

use super::checked_text;
use crate::admit::Ask;
use crate::event::RecalledFile;
use crate::report::find_revision;
use crate::{Engine, Event};

/// The most files that are recalled at once.
const MOST_FILES: usize = 5_000;
/// The most people, and revisions, that one answer names.
const MOST_TOLD: u32 = 1_000;
/// Revisions that are decided anew at once; others are when they are asked for.
const DECIDED: usize = 50;
/// Formats of what goes round from artifact to artifact: licences, read-me files, configurations.
const PLAIN: [&str; 4] = ["json", "markdown", "text", "yaml"];
/// Files whose downloads are looked up.
const LOOKED_UP: usize = 200;

/// What was recalled, and whom it concerns.
#[derive(Clone, Debug)]
pub struct RecallReport {
    /// What was recalled.
    pub recalled: Vec<RecallRow>,
    /// Files of the same revision that other artifacts have too or may have, and that were not named: they are not
    /// recalled.
    pub left: Vec<RepoPath>,
    /// Every revision that is denied for it, as far as they are told.
    pub denied: Vec<(Artifact, CommitId)>,
    /// Who was served these bytes, whoever had them last first.
    pub downloads: Vec<Downloaded>,
}

/// Somebody who was served bytes that were recalled.
#[derive(Clone, Debug)]
pub struct Downloaded {
    /// Who, when, how often.
    pub row: DownloaderRow,
    /// Which bytes.
    pub digest: Digest,
    /// Of what.
    pub artifact: Artifact,
    /// At which commit.
    pub commit: CommitId,
}

/// Why nothing is recalled.
#[derive(Debug, thiserror::Error)]
pub enum RecallError {
    /// Nothing of that name is here.
    #[error("nothing of `{0}` is here: what never came in cannot be recalled")]
    NotHere(String),
    /// The revision has no such file here.
    #[error("`{0}` of this revision was never released")]
    NotReleased(RepoPath),
    /// None of its files was released.
    #[error("no file of this revision is released: it is not served")]
    NothingReleased,
    /// Others have every one of its files.
    #[error("other artifacts have every file of this revision too: say which are bad")]
    AllShared,
    /// There are too many.
    #[error("at most {MOST_FILES} files are recalled at once: say which are bad")]
    TooMany,
    /// The caller's roles hold elsewhere.
    #[error(transparent)]
    OutOfReach(#[from] OutOfReach),
    /// The reason is missing or too long.
    #[error("`because` takes 1 to 4000 characters")]
    BadText,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One file to recall.
struct Bad {
    path: RepoPath,
    digest: Digest,
}

impl Engine {
    /// Recalls every released file of a revision that is its own: a security reviewer, or an
    /// administrator. What is known here is recalled; no source is asked.
    pub async fn recall_revision(
        &self,
        by: &Caller,
        ask: &Ask,
        because: &str,
    ) -> Result<RecallReport, RecallError> {
        let mut db = self.0.store.read().await?;
        let (artifact, revision) = find(&mut db, ask).await?;
        let by = by.acting_about(may_recall, &artifact.artifact)?;
        let shared = db.list_shared_digests(&revision.id, &artifact.id).await?;
        let mut shared: HashSet<Digest> = shared.into_iter().collect();
        // Whoever comes next has it too, and a recall is for good.
        shared.insert(Digest::of(b""));
        let files = released(&mut db, &revision.id).await?;
        let plain = self.plain_texts(&mut db, &revision.id).await?;
        drop(db);
        let (mut bad, mut left) = (Vec::new(), Vec::new());
        for (path, digest) in files {
            if shared.contains(&digest) {
                left.push(path);
            } else {
                bad.push(Bad { path, digest });
            }
        }
        // A licence or a configuration that was never seen before is no artifact's own: the next one may have it.
        // One recalled file denies the revision, so they are left wherever there is another.
        if bad.iter().any(|file| !plain.contains(&file.digest)) {
            let texts = bad.extract_if(.., |file| plain.contains(&file.digest));
            left.extend(texts.map(|file| file.path));
            left.sort();
        }
        match (bad.len(), left.is_empty()) {
            (0, true) => Err(RecallError::NothingReleased),
            (0, false) => Err(RecallError::AllShared),
            (1..=MOST_FILES, _) => self.recall(&by, &artifact, &revision, bad, left, because).await,
            _ => Err(RecallError::TooMany),
        }
    }

    /// Files that are text, and of which the scanner has nothing to tell.
    async fn plain_texts(
        &self,
        db: &mut Queries,
        revision_id: &str,
    ) -> Result<HashSet<Digest>, StoreError> {
        let scans = db.list_held_scans_of_revision(revision_id, self.0.ruleset.as_str()).await?;
        let is_plain =
            |report: &ScanReport| PLAIN.contains(&report.format.as_str()) && report.says_nothing();
        let plain = scans.iter().filter(|scan| is_plain(&scan.report));
        Ok(plain.map(|scan| scan.digest).collect())
    }

    /// Recalls files of a revision by their paths, wherever else their bytes are.
    pub async fn recall_files(
        &self,
        by: &Caller,
        ask: &Ask,
        paths: &[RepoPath],
        because: &str,
    ) -> Result<RecallReport, RecallError> {
        let mut db = self.0.store.read().await?;
        let (artifact, revision) = find(&mut db, ask).await?;
        let mut by = by.acting_about(may_recall, &artifact.artifact)?;
        let files: HashMap<_, _> = released(&mut db, &revision.id).await?.into_iter().collect();
        let mut bad = Vec::new();
        for path in paths.iter().collect::<BTreeSet<_>>() {
            let digest = *files.get(path).ok_or_else(|| RecallError::NotReleased(path.clone()))?;
            by = reaching_all(&mut db, &by, digest).await?;
            bad.push(Bad { path: path.clone(), digest });
        }
        drop(db);
        match bad.len() {
            0 => Err(RecallError::NothingReleased),
            1..=MOST_FILES => {
                self.recall(&by, &artifact, &revision, bad, Vec::new(), because).await
            }
            _ => Err(RecallError::TooMany),
        }
    }

    /// Recalls bytes by their SHA-256, whatever they are called.
    pub async fn recall_bytes(
        &self,
        by: &Caller,
        digest: Digest,
        because: &str,
    ) -> Result<RecallReport, RecallError> {
        let mut db = self.0.store.read().await?;
        let not_here = || RecallError::NotHere(digest.to_string());
        let revisions = db.list_revisions_with_blob(digest, None, 1).await?;
        let revision = revisions.into_iter().next().ok_or_else(not_here)?;
        let artifact = db.find_artifact_by_id(&revision.artifact_id).await?;
        let artifact = artifact.ok_or_else(not_here)?;
        let by = reaching_all(&mut db, by, digest).await?;
        let files = released(&mut db, &revision.id).await?;
        drop(db);
        let found = files.into_iter().find(|(_, found)| *found == digest);
        let (path, digest) = found.ok_or(RecallError::NothingReleased)?;
        let bad = vec![Bad { path, digest }];
        self.recall(&by, &artifact, &revision, bad, Vec::new(), because).await
    }

    async fn recall(
        &self,
        by: &Caller,
        artifact: &ArtifactRow,
        revision: &RevisionRow,
        bad: Vec<Bad>,
        left: Vec<RepoPath>,
        because: &str,
    ) -> Result<RecallReport, RecallError> {
        let because = checked_text(because).ok_or(RecallError::BadText)?;
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let mut recalled: Vec<RecallRow> = Vec::new();
        for Bad { path, digest } in bad {
            // Two names of the same bytes, or somebody else was faster.
            let blob = change.tx().find_blob(digest).await?;
            if blob.is_none_or(|blob| blob.custody != Custody::Released) {
                continue;
            }
            change.tx().set_custody(digest, Custody::Released, Custody::Recalled, now).await?;
            let row = RecallRow {
                id: self.0.settings.ids.ulid(now),
                digest,
                artifact: artifact.artifact.clone(),
                commit: revision.commit.clone(),
                path,
                by: by.name.clone(),
                because: because.clone(),
                at: now,
            };
            change.tx().insert_recall(&row).await?;
            recalled.push(row);
        }
        if recalled.is_empty() {
            return Err(RecallError::NothingReleased);
        }
        let file = |row: &RecallRow| RecalledFile {
            path: row.path.to_string(),
            digest: row.digest.to_string(),
        };
        change
            .commit(Event::FilesRecalled {
                by: by.name.clone(),
                artifact: artifact.artifact.to_string(),
                commit: revision.commit.to_string(),
                because,
                files: recalled.iter().map(file).collect(),
            })
            .await?;
        tracing::warn!(
            by = %by.name,
            files = recalled.len(),
            "files of {}@{} were recalled",
            artifact.artifact,
            revision.commit
        );
        let report = self.concerned(recalled, left).await?;
        self.decide_anew(&report.denied).await;
        Ok(report)
    }

    /// Says no where it was yes before: whoever asks why is told now, not after the next pull.
    pub(crate) async fn decide_anew(&self, denied: &[(Artifact, CommitId)]) {
        for (artifact, commit) in denied.iter().take(DECIDED) {
            for environment in &self.0.settings.environments {
                if let Err(error) = self.decide_one(artifact, commit, &environment.name).await {
                    // What is served is decided when it is asked for, whatever stands here.
                    tracing::debug!(%error, "{artifact}@{commit} was not decided anew");
                }
            }
        }
    }

    async fn decide_one(
        &self,
        artifact: &Artifact,
        commit: &CommitId,
        environment: &Environment,
    ) -> Result<(), String> {
        let revision = commit.to_string().parse().map_err(|_| "no revision".to_owned())?;
        let ask = Ask { artifact: artifact.clone(), revision };
        let mut db = self.0.store.read().await.map_err(|error| error.to_string())?;
        let found = find(&mut db, &ask).await.map_err(|error| error.to_string())?;
        let (row, revision) = found;
        let current = db.find_current_decision(&revision.id, environment).await;
        drop(db);
        if current.map_err(|error| error.to_string())?.is_none() {
            return Ok(());
        }
        let located = self.located(&ask, &row.id).await.map_err(|refused| refused.message())?;
        let view = self.view(&located, &revision, environment, false).await;
        view.map(drop).map_err(|refused| refused.message())
    }

    /// What was recalled, the newest first, from before `before` on, as far as the caller reads about it.
    pub async fn list_recalls(
        &self,
        caller: &Caller,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RecallRow>, StoreError> {
        let mut found = self.0.store.read().await?.list_recalls(before, limit).await?;
        found.retain(|row| reads(caller, &row.artifact));
        Ok(found)
    }

    /// One recall, with everybody it concerns.
    pub async fn show_recall(
        &self,
        caller: &Caller,
        digest: Digest,
    ) -> Result<RecallReport, RecallError> {
        let row = self.0.store.read().await?.find_recall(digest).await?;
        let row = row.filter(|row| reads(caller, &row.artifact));
        let row = row.ok_or_else(|| RecallError::NotHere(digest.to_string()))?;
        self.concerned(vec![row], Vec::new()).await
    }

    /// Whom a recall concerns: what is denied for it, and who has it.
    async fn concerned(
        &self,
        recalled: Vec<RecallRow>,
        left: Vec<RepoPath>,
    ) -> Result<RecallReport, RecallError> {
        // What left a moment ago is on record before it is asked for.
        let mut db = self.0.store.read().await?;
        let (mut denied, mut downloads) = (BTreeSet::new(), Vec::new());
        for row in recalled.iter().take(LOOKED_UP) {
            for revision in db.list_revisions_with_blob(row.digest, None, MOST_TOLD).await? {
                denied.insert((revision.artifact_id, revision.commit));
            }
            for downloader in db.list_downloaders(row.digest, MOST_TOLD).await? {
                let Some(revision) = db.find_revision_by_id(&downloader.revision_id).await? else {
                    continue;
                };
                let Some(artifact) = db.find_artifact_by_id(&revision.artifact_id).await? else {
                    continue;
                };
                downloads.push(Downloaded {
                    row: downloader,
                    digest: row.digest,
                    artifact: artifact.artifact,
                    commit: revision.commit,
                });
            }
        }
        downloads.sort_by_key(|download| std::cmp::Reverse(download.row.last_at));
        let ids: BTreeSet<String> = denied.iter().map(|(id, _)| id.clone()).collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let known = db.find_artifacts_by_id(&ids).await?;
        let artifacts: HashMap<String, Artifact> =
            known.into_iter().map(|row| (row.id, row.artifact)).collect();
        let told = |(id, commit): (String, CommitId)| Some((artifacts.get(&id)?.clone(), commit));
        let denied = denied.into_iter().filter_map(told).collect();
        Ok(RecallReport { recalled, left, denied, downloads })
    }
}

fn may_recall(role: Role) -> bool {
    role == Role::SecurityReviewer || role == Role::Admin
}

fn reads(caller: &Caller, artifact: &Artifact) -> bool {
    caller.acting_about(Role::reads_everything, artifact).is_ok()
}

/// The caller in a role that may recall bytes, for every artifact that has them: what is bad here is bad there,
/// and what many have must not be taken from all by somebody who answers for few.
async fn reaching_all(
    db: &mut Queries,
    by: &Caller,
    digest: Digest,
) -> Result<Caller, RecallError> {
    let mut acting = by.clone();
    for row in db.list_artifacts_with_blob(digest).await? {
        acting = by.acting_about(may_recall, &row.artifact)?;
    }
    Ok(acting)
}

/// A revision as it is known here: in an emergency no source is asked.
async fn find(db: &mut Queries, ask: &Ask) -> Result<(ArtifactRow, RevisionRow), RecallError> {
    let not_here = || RecallError::NotHere(format!("{}@{}", ask.artifact, ask.revision));
    let artifact = db.find_artifact(&ask.artifact).await?.ok_or_else(not_here)?;
    let revision = find_revision(db, &artifact.id, &ask.revision).await?.ok_or_else(not_here)?;
    Ok((artifact, revision))
}

/// The files of a revision that are released, by path.
async fn released(
    db: &mut Queries,
    revision_id: &str,
) -> Result<Vec<(RepoPath, Digest)>, StoreError> {
    let blobs = db.list_blobs_of_revision(revision_id).await?.into_iter();
    let blobs: HashSet<Digest> =
        blobs.filter(|blob| blob.custody == Custody::Released).map(|blob| blob.digest).collect();
    let files = db.list_fetched_files(revision_id).await?.into_iter();
    let file = |file: FileRow| Some((file.path, file.digest.filter(|it| blobs.contains(it))?));
    Ok(files.filter_map(file).collect())
}
