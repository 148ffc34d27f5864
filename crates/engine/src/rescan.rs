//! Looking again, by the rules of today, at what other rules let in: in the background, the cheapest first.
//!
//! What is left to do is what the tables say: a stop in between loses nothing, and replicas that look at the
//! same thing record it once. Until a file is looked at again, what was said of it last holds.

mod batches;
mod files;
mod revisions;

use std::collections::VecDeque;
use std::time::Duration;

use weighbridge_domain::{Artifact, CommitId, Digest};
use weighbridge_scan::{ScanAnswer, ScanJob};
use weighbridge_store::{Queries, RescanProgress, StoreError};

use crate::Engine;
use crate::admit::Refused;
use crate::admit::judge::Named;

/// How often it is looked whether something is left.
const LOOKS_EVERY: Duration = Duration::from_mins(5);
/// Revisions that are listed at once.
const REVISIONS: u32 = 64;
/// Revisions of one file that are decided and looked at again at once; the others follow.
const AFFECTED: u32 = 50;

/// What came of looking again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rescanned {
    /// Files that were looked at.
    pub files: u64,
    /// Revisions that were looked at as a whole.
    pub revisions: u64,
    /// How many of both look worse.
    pub worse: u64,
    /// How many look better.
    pub better: u64,
}

/// One pass over everything.
#[derive(Default)]
struct Pass {
    done: Rescanned,
    /// Revisions with a file that looks worse: the evidence about them is renewed first.
    urgent: VecDeque<String>,
}

impl Engine {
    /// Looks again at what other rules looked at, while anybody still holds the engine; where that is switched off, never.
    pub fn start_rescan(&self) {
        if !self.0.settings.rescans {
            return;
        }
        self.every(LOOKS_EVERY, |engine| async move {
            match engine.rescan().await {
                Ok(done) if done == Rescanned::default() => {}
                Ok(Rescanned { files, revisions, worse, better }) => tracing::info!(
                    files,
                    revisions,
                    worse,
                    better,
                    "what lies here was looked at again by other rules"
                ),
                Err(_) if engine.is_closing() => {}
                Err(refused) => tracing::error!(
                    why = %refused.message(),
                    "what lies here could not be looked at again; it is tried again"
                ),
            }
        });
    }

    /// How far the rules of today have come.
    pub async fn rescan_progress(&self) -> Result<RescanProgress, StoreError> {
        self.0.store.read().await?.rescan_progress(&self.0.ruleset).await
    }

    /// Looks once at everything that the rules of today have not looked at.
    pub async fn rescan(&self) -> Result<Rescanned, Refused> {
        let mut pass = Pass::default();
        let left = self.rescan_progress().await?;
        if left.stale_files == 0 && left.stale_revisions == 0 {
            return Ok(pass.done);
        }
        // A verdict that rests on a header costs the same whatever the size of the file.
        let headers: Vec<&str> = weighbridge_scan::header_formats().collect();
        for formats in [headers.as_slice(), &[]] {
            self.renew_stale_files(formats, &mut pass).await?;
        }
        let mut after = String::new();
        while !self.is_closing() {
            let mut db = self.0.store.read().await?;
            let stale = db.list_stale_revisions(&self.0.ruleset, &after, REVISIONS).await?;
            drop(db);
            let Some(last) = stale.last() else { break };
            after.clone_from(&last.revision_id);
            for before in stale {
                if self.is_closing() {
                    break;
                }
                self.renew_revision(before, &mut pass).await?;
            }
        }
        Ok(pass.done)
    }

    /// Runs a worker that yields to everything else on this machine; there is one at a time.
    async fn scan_behind(&self, job: ScanJob) -> Result<ScanAnswer, Refused> {
        let place = self.0.rescan_place.acquire().await.map_err(Refused::internal)?;
        let scanner = self.0.scanner.behind();
        let answer = tokio::task::spawn_blocking(move || scanner.scan(job)).await;
        drop(place);
        match answer.map_err(Refused::internal)? {
            Ok(answer) => Ok(answer),
            Err(error) => {
                tracing::error!(%error, "nothing can be looked at again: what was said holds");
                Err(Refused::NoScanner)
            }
        }
    }

    /// Decides anew about the revisions with these bytes, so that whoever asks is told now; answers their ids.
    async fn decide_about(&self, digests: &[Digest]) -> Result<Vec<String>, Refused> {
        let (mut affected, mut ids): (Vec<(Artifact, CommitId)>, Vec<String>) = Default::default();
        let mut db = self.0.store.read().await?;
        for digest in digests {
            for revision in db.list_revisions_with_blob(*digest, None, AFFECTED).await? {
                if ids.contains(&revision.id) {
                    continue;
                }
                if let Some(artifact) = db.find_artifact_by_id(&revision.artifact_id).await? {
                    affected.push((artifact.artifact, revision.commit));
                }
                ids.push(revision.id);
            }
        }
        drop(db);
        self.decide_anew(&affected).await;
        Ok(ids)
    }
}

/// What bytes are called, in the oldest revision that has them.
async fn name_of(
    db: &mut Queries,
    digest: Digest,
    suffix: &str,
) -> Result<Option<Named>, StoreError> {
    let Some((revision_id, path)) = db.find_name_of_blob(digest, suffix).await? else {
        return Ok(None);
    };
    let Some(revision) = db.find_revision_by_id(&revision_id).await? else { return Ok(None) };
    let artifact = db.find_artifact_by_id(&revision.artifact_id).await?;
    Ok(artifact.map(|row| Named { artifact: row.artifact, commit: revision.commit, path }))
}
