//! The bytes of a file as a caller gets them: from our disk, and never past what was judged.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;
use weighbridge_domain::{Caller, Digest};

use crate::Engine;
use crate::admit::fetch::Wanted;
use crate::admit::locate::rejected_reason;
use crate::admit::transfer::{Progress, Stage, Transfer};
use crate::admit::{Ask, FileView, Refused, RevisionView, Standing};
use crate::event::ServedPull;
use crate::pulls::Pull;

/// A file a caller may read.
pub struct Reading {
    engine: Engine,
    caller: Caller,
    ask: Ask,
    view: Arc<RevisionView>,
    file_view: Arc<FileView>,
    file: Arc<File>,
    /// Set while the file is still on its way in.
    following: Option<watch::Receiver<Progress>>,
}

impl Engine {
    /// Opens a file for reading `bytes` of it. Waits until `until` for bytes that may leave; then the
    /// caller is told when to ask again.
    pub async fn read_file(
        &self,
        caller: &Caller,
        ask: &Ask,
        view: &Arc<RevisionView>,
        file: &Arc<FileView>,
        bytes: Range<u64>,
        until: Instant,
    ) -> Result<Reading, Refused> {
        view.allowed()?;
        let (mut view, mut file) = (Arc::clone(view), Arc::clone(file));
        loop {
            let reading = |opened: Arc<File>, following| Reading {
                engine: self.clone(),
                caller: caller.clone(),
                ask: ask.clone(),
                view: Arc::clone(&view),
                file_view: Arc::clone(&file),
                file: opened,
                following,
            };
            match file.standing {
                Standing::Released(digest) => {
                    if let Some(opened) = self.open_blob(digest).await? {
                        return Ok(reading(Arc::new(opened), None));
                    }
                    tracing::error!(%digest, "a released blob is missing on disk: it is fetched again");
                }
                // Policy may be told not to mind; the bytes stay here all the same.
                Standing::Rejected(digest) => {
                    let reason = rejected_reason(&file.path, digest);
                    return Err(self.refused_by_name(ask, reason).await);
                }
                Standing::NotHere | Standing::Held(_) => {}
            }
            let wanted = self.wanted(&view, &file).await?;
            let key = (wanted.key(), view.artifact.clone());
            // Whoever was cut off and takes the file up again is told why; whoever begins anew gets a
            // new try: once, or as often as it takes when nothing was found wrong with the file itself.
            if let Some((times, failure)) = self.0.failures.get(&key)
                && (bytes.start > 0
                    || times > 1
                        && !matches!(failure, Refused::UpstreamUnknown { .. } | Refused::NoScanner))
            {
                return Err(failure);
            }
            let (transfer, is_new) = self.0.transfers.join(&key.0, wanted.purpose());
            let mut progress = transfer.watch();
            if is_new {
                self.start_transfer(Arc::clone(&transfer), wanted);
            }
            let follows = may_follow(&transfer, &file, &bytes);
            let settled = progress.wait_for(|now| match now.stage {
                Stage::Fetching | Stage::Scanning => false,
                Stage::Streamable => follows && now.may_go(file.size_bytes) > bytes.start,
                Stage::Judged | Stage::Failed(_) => true,
            });
            let Ok(settled) = tokio::time::timeout_at(until, settled).await else {
                let retry_after = transfer.retry_after();
                return Err(Refused::Pending { artifact: view.artifact.clone(), retry_after });
            };
            let stage = settled.map(|now| now.stage.clone()).map_err(Refused::internal)?;
            match stage {
                // What went wrong for another artifact is not told to this caller: it gets its own try.
                Stage::Failed(_) if transfer.purpose.artifact != view.artifact => {}
                Stage::Failed(refused) => return Err(refused),
                Stage::Streamable => {
                    if let Some(opened) = transfer.file() {
                        return Ok(reading(opened, Some(transfer.watch())));
                    }
                    return Err(Refused::internal("a streamable transfer has no file"));
                }
                Stage::Judged | Stage::Fetching | Stage::Scanning => {
                    (view, file) = self.open_file(caller, ask, &file.path, until).await?;
                }
            }
        }
    }

    /// Until when a caller of a file that asks now may be left without an answer.
    pub fn hold_until(&self) -> Instant {
        Instant::now() + self.0.settings.hold
    }

    async fn wanted(&self, view: &RevisionView, file: &FileView) -> Result<Wanted, Refused> {
        let mut db = self.0.store.read().await?;
        let sources = self.read_sources(&mut db).await?;
        let revision = db.find_revision_by_id(&view.id).await?;
        let row = db.find_file(&view.id, &file.path).await?;
        let (Some(revision), Some(file)) = (revision, row) else {
            return Err(Refused::internal("a revision vanished from the store"));
        };
        let Some(source) = sources.into_iter().find(|source| source.name == view.source) else {
            return Err(Refused::UpstreamUnknown {
                source: view.source.clone(),
                what: "the source was removed and the file is not here".to_owned(),
            });
        };
        let located = crate::admit::locate::Located {
            id: view.artifact_id.clone(),
            artifact: view.artifact.clone(),
            tier: source.tier_of(&view.artifact),
            source,
            restricted: view.restricted,
        };
        Ok(Wanted { located, revision, file })
    }
}

/// Whether a caller may be given bytes of a file that is still on its way in: what was looked at has to
/// be this file under this name, and the answer has to end with the tail that waits for the verdict.
fn may_follow(transfer: &Transfer, file: &FileView, bytes: &Range<u64>) -> bool {
    file.lfs.is_some()
        && bytes.end == file.size_bytes
        && transfer.purpose.size_bytes == file.size_bytes
        && transfer.purpose.suffix == file.path.extension()
}

impl Reading {
    /// The open file; read no further than [`Reading::available`] says.
    pub fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Waits until bytes from `at` on may leave, and tells the end of those that may.
    ///
    /// While the file is on its way in, its tail waits for the verdict on the whole; a verdict that
    /// is not good for this caller ends the reading.
    pub async fn available(&mut self, at: u64) -> Result<u64, Refused> {
        let size = self.file_view.size_bytes;
        loop {
            let Some(progress) = &mut self.following else { return Ok(size) };
            let now = progress.borrow_and_update().clone();
            match now.stage {
                Stage::Failed(refused) => return Err(refused),
                // It may have been judged for another revision: then it is judged for this one now.
                Stage::Judged => {
                    let (engine, until) = (self.engine.clone(), self.engine.hold_until());
                    let (caller, ask, path) = (&self.caller, &self.ask, &self.file_view.path);
                    let (view, file) = engine.open_file(caller, ask, path, until).await?;
                    *self = engine.read_file(caller, ask, &view, &file, at..size, until).await?;
                    continue;
                }
                Stage::Fetching | Stage::Streamable | Stage::Scanning => {
                    let may_go = now.may_go(size);
                    if may_go > at {
                        return Ok(may_go);
                    }
                }
            }
            progress.changed().await.map_err(Refused::internal)?;
        }
    }

    /// Reads bytes that are available.
    pub async fn read(&self, at: u64, length: u64) -> io::Result<Bytes> {
        let file = Arc::clone(&self.file);
        let read = tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; usize::try_from(length).unwrap_or(0)];
            file.read_exact_at(&mut buffer, at).map(|()| Bytes::from(buffer))
        });
        read.await.map_err(io::Error::other)?
    }

    /// Records the download; returns once the record is durable. To be called before the last bytes
    /// leave.
    pub async fn record(
        &self,
        first_byte: u64,
        length_bytes: u64,
        client: &str,
        address: &str,
    ) -> Result<(), Refused> {
        let Standing::Released(digest) = self.file_view.standing else {
            return Err(Refused::internal("a file is served that was not released"));
        };
        let pull = self.pull(digest, first_byte..first_byte + length_bytes, client, address);
        self.engine.0.pulls.served(pull).await
    }

    /// Records a download that ended early: at most these bytes have left. It is not waited for.
    pub fn record_broken_off(
        &self,
        first_byte: u64,
        length_bytes: u64,
        client: &str,
        address: &str,
    ) {
        // A file that is streamed while it comes in has no digest but the promised one.
        let known = (self.file_view.standing, self.file_view.lfs);
        let ((Standing::Released(digest), _) | (_, Some(digest))) = known else { return };
        let mut pull = self.pull(digest, first_byte..first_byte + length_bytes, client, address);
        pull.served.broken_off = true;
        self.engine.0.pulls.broken_off(pull);
    }

    fn pull(&self, digest: Digest, bytes: Range<u64>, client: &str, address: &str) -> Pull {
        let served = ServedPull {
            by: self.caller.name.clone(),
            environment: self.caller.environment.to_string(),
            artifact: self.view.artifact.to_string(),
            commit: self.view.commit.to_string(),
            path: self.file_view.path.to_string(),
            digest: digest.to_string(),
            first_byte: bytes.start,
            length_bytes: bytes.end - bytes.start,
            client: client.to_owned(),
            stale: self.view.stale || self.engine.0.silent.contains_key(&self.view.source),
            broken_off: false,
        };
        Pull {
            served,
            token_id: self.caller.token_id.clone(),
            revision_id: self.view.id.clone(),
            path: self.file_view.path.clone(),
            digest,
            environment: self.caller.environment.clone(),
            address: address.to_owned(),
        }
    }
}
