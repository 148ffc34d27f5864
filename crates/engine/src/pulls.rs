//! The record of pulls, written in batches: one transaction and one ledger entry for everything that
//! waits at the moment.
//!
//! A download waits for its batch before its last bytes leave. A refusal does not wait: its answer
//! tells nobody anything, and the batch follows within milliseconds. Nor does a download that broke off,
//! which is known only when it is over.

use std::collections::HashSet;

use tokio::sync::{mpsc, oneshot};
use weighbridge_domain::{Digest, Environment, RepoPath};
use weighbridge_store::DownloadRow;

use crate::admit::{Ask, Refused};
use crate::event::{RefusedPull, ServedPull};
use crate::{Engine, Event};

/// The most pulls one entry holds.
const BATCH: usize = 1_000;
/// Refusals that may wait; more are dropped from the record with a warning, so that a flood of
/// refused requests cannot fill memory.
const WAITING: usize = 100_000;

/// One download, on its way into the record.
pub(crate) struct Pull {
    pub(crate) served: ServedPull,
    pub(crate) token_id: Option<String>,
    pub(crate) revision_id: String,
    pub(crate) path: RepoPath,
    pub(crate) digest: Digest,
    pub(crate) environment: Environment,
    pub(crate) address: String,
}

enum Waiting {
    Served(Box<Pull>, oneshot::Sender<Result<(), Refused>>),
    Refused(Box<RefusedPull>),
    /// Answered once everything before it is durable.
    Marker(oneshot::Sender<()>),
}

/// Takes pulls in.
pub(crate) struct Recorder(mpsc::Sender<Waiting>);

/// The other end, until the engine is there to write.
pub(crate) struct Inbox(mpsc::Receiver<Waiting>);

impl Recorder {
    pub(crate) fn new() -> (Recorder, Inbox) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Recorder(sender), Inbox(receiver))
    }

    /// Records a download; returns once it is durable.
    pub(crate) async fn served(&self, pull: Pull) -> Result<(), Refused> {
        let (done, written) = oneshot::channel();
        let stopped = || Refused::internal("the record of pulls has stopped");
        self.0.send(Waiting::Served(Box::new(pull), done)).await.map_err(|_| stopped())?;
        written.await.map_err(|_| stopped())?
    }

    /// Records a download that ended early, in the next batch.
    pub(crate) fn broken_off(&self, pull: Pull) {
        let (done, _) = oneshot::channel();
        if self.0.try_send(Waiting::Served(Box::new(pull), done)).is_err() {
            tracing::error!("a download that broke off was not recorded: too many are waiting");
        }
    }

    /// Waits until everything that was taken in before is durable.
    pub(crate) async fn flushed(&self) {
        let (done, written) = oneshot::channel();
        if self.0.send(Waiting::Marker(done)).await.is_ok() {
            written.await.ok();
        }
    }

    fn refused(&self, pull: RefusedPull) {
        if self.0.try_send(Waiting::Refused(Box::new(pull))).is_err() {
            tracing::error!("a refused pull was not recorded: too many are waiting");
        }
    }
}

impl Engine {
    /// Records that a caller was refused. What is merely pending is no refusal.
    pub fn note_refusal(
        &self,
        caller: &weighbridge_domain::Caller,
        ask: &Ask,
        path: Option<&str>,
        refused: &Refused,
        client: &str,
    ) {
        let decision = match refused {
            Refused::ByPolicy { decision, .. } => Some(decision.id.to_string()),
            Refused::ByName { .. }
            | Refused::NotEntitled(_)
            | Refused::UpstreamForbids { .. }
            | Refused::Mismatch { .. } => None,
            _ => return,
        };
        self.0.pulls.refused(RefusedPull {
            by: caller.name.clone(),
            environment: caller.environment.to_string(),
            artifact: ask.artifact.to_string(),
            revision: ask.revision.to_string(),
            path: path.map(str::to_owned),
            why: refused.message(),
            decision,
            client: client.to_owned(),
        });
    }

    /// Writes batches until the engine is dropped by everybody else.
    pub(crate) fn start_recorder(&self, inbox: Inbox) {
        let inner = std::sync::Arc::downgrade(&self.0);
        let Inbox(mut incoming) = inbox;
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(BATCH);
            while incoming.recv_many(&mut batch, BATCH).await > 0 {
                let Some(inner) = inner.upgrade() else { return };
                Engine(inner).write_batch(std::mem::take(&mut batch)).await;
            }
        });
    }

    async fn write_batch(&self, batch: Vec<Waiting>) {
        let (mut pulls, mut waiting, mut refused) = (Vec::new(), Vec::new(), HashSet::new());
        let mut markers = Vec::new();
        for entry in batch {
            match entry {
                Waiting::Served(pull, done) => {
                    pulls.push(*pull);
                    waiting.push(done);
                }
                // A client that asks the same thing many times in a moment is told once.
                Waiting::Refused(pull) => {
                    refused.insert(*pull);
                }
                Waiting::Marker(done) => markers.push(done),
            }
        }
        if !pulls.is_empty() || !refused.is_empty() {
            let written = self.write_pulls(pulls, refused.into_iter().collect()).await;
            for done in waiting {
                done.send(written.clone()).ok();
            }
        }
        for done in markers {
            done.send(()).ok();
        }
    }

    async fn write_pulls(
        &self,
        pulls: Vec<Pull>,
        mut refused: Vec<RefusedPull>,
    ) -> Result<(), Refused> {
        refused
            .sort_by(|one, other| (&one.artifact, &one.path).cmp(&(&other.artifact, &other.path)));
        let now = self.0.settings.clock.now();
        let mut rows = Vec::with_capacity(pulls.len());
        let mut served = Vec::with_capacity(pulls.len());
        for pull in pulls {
            rows.push(DownloadRow {
                id: self.0.settings.ids.ulid(now),
                at: now,
                caller: pull.served.by.clone(),
                token_id: pull.token_id,
                environment: pull.environment,
                revision_id: pull.revision_id,
                path: pull.path,
                digest: pull.digest,
                first_byte: pull.served.first_byte,
                length_bytes: pull.served.length_bytes,
                client: pull.served.client.clone(),
                address: pull.address,
            });
            served.push(pull.served);
        }
        let mut change = self.begin().await?;
        change.tx().insert_downloads(&rows).await?;
        change.commit(Event::Pulled { served, refused }).await?;
        Ok(())
    }
}
