//! One file that is not small: fetched once, hashed while it is written, verified, scanned, judged.

use std::sync::Arc;

use bytes::Buf as _;
use tokio::sync::{Semaphore, mpsc};
use weighbridge_domain::{Digest, Verdict};
use weighbridge_scan::{ScanInput, ScanJob, ScanOutcome};
use weighbridge_store::{FileRow, RevisionRow};
use weighbridge_upstream::{Answer, Body};

use crate::Engine;
use crate::admit::held::{Arrived, own_oid};
use crate::admit::judge::Examined;
use crate::admit::locate::Located;
use crate::admit::transfer::{Key, Progress, Promise, Purpose, Stage, Transfer};
use crate::admit::writer::Writer;
use crate::admit::{Refused, on_disk};

/// Times a broken body is taken up again without a byte of progress between.
const TRIES: u32 = 4;
/// Files fetched from one source at once. Each holds a thread while it is written, and a slow source
/// must leave some to the others and to what is here already.
const FETCHES_AT_ONCE: usize = 64;
/// Pieces on their way from the network to the disk.
const PIECES: usize = 32;
/// How much of a file the first look at its header sees.
const FIRST_LOOK_BYTES: u64 = 1 << 20;

/// What one transfer is about.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) located: Located,
    pub(crate) revision: RevisionRow,
    pub(crate) file: FileRow,
}

impl Wanted {
    fn promise(&self) -> Promise {
        Promise::of(&self.file)
    }

    pub(crate) fn key(&self) -> Key {
        Key::of(&self.located, &self.file)
    }

    pub(crate) fn purpose(&self) -> Purpose {
        Purpose {
            artifact: self.located.artifact.clone(),
            suffix: self.file.path.extension(),
            size_bytes: self.file.size_bytes,
        }
    }
}

impl Engine {
    /// Begins the work of a transfer that the caller has just joined as its first.
    pub(crate) fn start_transfer(&self, transfer: Arc<Transfer>, wanted: Wanted) {
        let engine = self.clone();
        tokio::spawn(async move {
            let key = wanted.key();
            let failed_for = wanted.located.artifact.clone();
            let work = engine.clone().bring_in(Arc::clone(&transfer), wanted);
            // Spawned apart, so that a panic in it ends the transfer instead of leaving it for ever.
            let stage = match tokio::spawn(work).await {
                Ok(Ok(())) => Stage::Judged,
                Ok(Err(refused)) => Stage::Failed(refused),
                Err(error) => Stage::Failed(Refused::internal(error)),
            };
            if let Stage::Failed(refused) = &stage {
                let failed = (key.clone(), failed_for);
                let before = engine.0.failures.get(&failed).map_or(0, |(times, _)| times);
                engine.0.failures.insert(failed, (before + 1, refused.clone()));
            }
            engine.0.transfers.ended(&key);
            transfer.reached(stage);
        });
    }

    async fn bring_in(self, transfer: Arc<Transfer>, wanted: Wanted) -> Result<(), Refused> {
        let digest = if let Some(digest) = self.find_whole(&wanted).await? {
            digest
        } else {
            let source = wanted.located.source.name.clone();
            let make = || Arc::new(Semaphore::new(FETCHES_AT_ONCE));
            let places = self.0.fetch_places.get_with(source, make);
            let _place = places.acquire().await.map_err(Refused::internal)?;
            self.fetch(&transfer, &wanted).await?
        };
        transfer.stored(wanted.file.size_bytes);
        transfer.reached(Stage::Scanning);
        let Some(file) = self.open_blob(digest).await? else {
            return Err(Refused::internal(format!("blob {digest} vanished from quarantine")));
        };
        let input = ScanInput {
            path: wanted.file.path.clone(),
            file,
            size_bytes: wanted.file.size_bytes,
            available_bytes: wanted.file.size_bytes,
        };
        let answer = self.scan(ScanJob { inputs: vec![input], repository: None }).await?;
        let Some(ScanOutcome::Report(report)) = answer.outcomes.into_iter().next() else {
            return Err(Refused::internal("the scanner asked for more than the whole file"));
        };
        let examined = Examined {
            path: wanted.file.path.clone(),
            size_bytes: wanted.file.size_bytes,
            digest,
            git_oid: own_oid(&wanted.file),
            report,
        };
        let sandboxed = answer.sandbox.is_complete();
        self.judge(&wanted.located, &wanted.revision, &[examined], None, sandboxed).await
    }

    /// The digest of a file that lies here already, from another revision or from before a crash.
    async fn find_whole(&self, wanted: &Wanted) -> Result<Option<Digest>, Refused> {
        let held = self.find_held(&wanted.located, &wanted.file).await?;
        let Some(blob) = held else { return Ok(None) };
        if blob.size_bytes != wanted.file.size_bytes {
            // Judged by a size that is not its own, a file would be judged by a part of it.
            let got =
                format!("{} bytes, promised were {}", blob.size_bytes, wanted.file.size_bytes);
            let (located, revision) = (&wanted.located, &wanted.revision);
            let (path, promise) = (&wanted.file.path, wanted.promise());
            return Err(self.mismatch(located, revision, path, promise, got).await);
        }
        Ok(self.open_blob(blob.digest).await?.map(|_| blob.digest))
    }

    /// Fetches until the file is whole, taking up again where a body broke.
    async fn fetch(&self, transfer: &Arc<Transfer>, wanted: &Wanted) -> Result<Digest, Refused> {
        let (promise, size) = (wanted.promise(), wanted.file.size_bytes);
        let mut writer = Writer::open(&self.0.blobs, &wanted.key(), size).await?;
        transfer.opened(Arc::clone(&writer.shared));
        let mut has_old_bytes = writer.stored_bytes > 0;
        loop {
            writer = self.receive(transfer, wanted, writer).await?;
            let (digest, got) = writer.finish();
            if got == wanted.promise() {
                self.settle(wanted, writer, digest).await?;
                return Ok(digest);
            }
            // Bytes kept from before a crash may never have reached the disk whole: once more from
            // the start. Bytes of one piece are what upstream sent.
            if has_old_bytes && transfer.begins_again() {
                has_old_bytes = false;
                writer = writer.restart(promise, size).await?;
                continue;
            }
            writer.discard().await?;
            let (located, revision) = (&wanted.located, &wanted.revision);
            let path = &wanted.file.path;
            return Err(self.mismatch(located, revision, path, promise, got.to_string()).await);
        }
    }

    async fn receive(
        &self,
        transfer: &Arc<Transfer>,
        wanted: &Wanted,
        mut writer: Writer,
    ) -> Result<Writer, Refused> {
        let source = &wanted.located.source;
        let mut look = Look { at: FIRST_LOOK_BYTES.min(wanted.file.size_bytes), done: false };
        let mut tries = 0;
        while writer.stored_bytes < wanted.file.size_bytes {
            transfer.stored(writer.stored_bytes);
            let before = writer.stored_bytes;
            let trouble = match self.open_upstream(wanted, before).await {
                Answer::Yes(body) => {
                    let (back, ended) = self.pump(transfer, wanted, body, writer, &mut look).await;
                    writer = back?;
                    match ended {
                        Ok(()) => continue,
                        Err(what) => what,
                    }
                }
                Answer::No(refusal) => {
                    return Err(wanted.located.withheld(&wanted.file.path, refusal));
                }
                Answer::Unknown(trouble) => trouble.what,
            };
            tries = if writer.stored_bytes > before { 1 } else { tries + 1 };
            if tries >= TRIES {
                return Err(Refused::UpstreamUnknown {
                    source: source.name.clone(),
                    what: trouble,
                });
            }
            tracing::warn!(source = %source.name, what = %trouble, "taking up a broken body again");
            tokio::time::sleep(std::time::Duration::from_millis(250 * u64::from(tries))).await;
        }
        Ok(writer)
    }

    async fn open_upstream(&self, wanted: &Wanted, from_byte: u64) -> Answer<Body> {
        let Located { artifact, source, .. } = &wanted.located;
        let token = source.credential(artifact);
        let (commit, path) = (&wanted.revision.commit, &wanted.file.path);
        source
            .client(self)
            .open(artifact.kind, &artifact.name, commit, path, token, from_byte)
            .await
    }

    /// Moves one body to disk. The inner result is how the body ended.
    async fn pump(
        &self,
        transfer: &Arc<Transfer>,
        wanted: &Wanted,
        mut body: Body,
        writer: Writer,
        look: &mut Look,
    ) -> (Result<Writer, Refused>, Result<(), String>) {
        let (pieces, incoming) = mpsc::channel(PIECES);
        let told = Arc::clone(transfer);
        let mut received = writer.stored_bytes;
        // When upstream did not honour the range, what is here already is passed over: followers may
        // have it, and the hash of the whole tells whether the rest fits to it.
        let mut passed_over = received.saturating_sub(body.from_byte);
        let writing = tokio::task::spawn_blocking(move || writer.write_all(incoming, &told));
        let mut looking: Option<tokio::task::JoinHandle<Option<u64>>> = None;
        let ended = loop {
            let Progress { stored_bytes, beginning, .. } = transfer.watch().borrow().clone();
            if !look.done && stored_bytes >= look.at {
                match looking.take() {
                    Some(handle) if !handle.is_finished() => looking = Some(handle),
                    Some(handle) => match handle.await.ok().flatten() {
                        Some(more) if more > look.at => look.at = more,
                        _ => look.done = true,
                    },
                    None => {
                        let (engine, own) = (self.clone(), wanted.clone());
                        let (shared, at) = (Arc::clone(transfer), look.at);
                        looking = Some(tokio::spawn(async move {
                            engine.look(&shared, &own, at, beginning).await
                        }));
                    }
                }
            }
            match body.chunk().await {
                Ok(Some(mut piece)) => {
                    let over = usize::try_from(passed_over)
                        .map_or(piece.len(), |over| over.min(piece.len()));
                    passed_over -= over as u64;
                    piece.advance(over);
                    if piece.is_empty() {
                        continue;
                    }
                    received += piece.len() as u64;
                    if received > wanted.file.size_bytes {
                        let size = wanted.file.size_bytes;
                        break Err(format!(
                            "`{}` is larger than the {size} bytes promised",
                            wanted.file.path
                        ));
                    }
                    if pieces.send(piece).await.is_err() {
                        break Ok(()); // The writer stopped; its own error says why.
                    }
                }
                Ok(None) if received == wanted.file.size_bytes => break Ok(()),
                Ok(None) => {
                    let size = wanted.file.size_bytes;
                    break Err(format!(
                        "`{}` ended after {received} of {size} bytes",
                        wanted.file.path
                    ));
                }
                Err(trouble) => break Err(trouble.what),
            }
        };
        drop(pieces);
        let writer = match writing.await {
            Ok(written) => written.map_err(Refused::from),
            Err(error) => Err(Refused::internal(error)),
        };
        (writer, ended)
    }

    /// Looks at the start of a file on its way in. When everything its verdict depends on is there and
    /// harmless, followers may stream; otherwise answers how many bytes the next look needs.
    async fn look(
        &self,
        transfer: &Transfer,
        wanted: &Wanted,
        at: u64,
        beginning: u32,
    ) -> Option<u64> {
        let file = transfer.file()?.try_clone().ok()?;
        let input = ScanInput {
            path: wanted.file.path.clone(),
            file,
            size_bytes: wanted.file.size_bytes,
            available_bytes: at,
        };
        let job = ScanJob { inputs: vec![input], repository: None };
        let answer = self.scan_in(&self.0.look_places, job).await.ok()?;
        match answer.outcomes.into_iter().next()? {
            ScanOutcome::NeedsMore { available_bytes } => Some(available_bytes),
            ScanOutcome::Report(report) => {
                if report.verdict() == Verdict::Clean {
                    transfer.streamable(beginning);
                }
                None
            }
        }
    }

    /// Makes a verified file permanent in quarantine, and records it.
    async fn settle(&self, wanted: &Wanted, writer: Writer, digest: Digest) -> Result<(), Refused> {
        let whole = on_disk(move || writer.partial.finish()).await?;
        let arrived = Arrived { file: wanted.file.clone(), digest, whole };
        self.quarantine(&wanted.located, &wanted.revision, vec![arrived]).await
    }
}

/// When the start of the file is looked at next.
struct Look {
    at: u64,
    done: bool,
}
