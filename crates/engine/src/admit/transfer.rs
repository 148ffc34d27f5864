//! The state of one file on its way in, shared by everyone who waits for it.
//!
//! The rule: a follower sees bytes only after the part of the file that its verdict depends on was
//! judged, and the tail only after the whole file was verified and judged.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::watch;
use tokio::time::{Duration, Instant};
use weighbridge_domain::{Digest, GitOid};

use crate::admit::Refused;

/// How many bytes at the end of a streamed file wait for its verdict.
pub(crate) const TAIL_BYTES: u64 = 64 * 1024;

/// What upstream promised a file to be; one transfer a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Promise {
    /// A file in LFS: its SHA-256.
    Sha256(Digest),
    /// A file in git: its blob id.
    Git(GitOid),
}

impl Promise {
    /// The name of its partial file.
    pub(crate) fn partial_key(&self) -> String {
        match self {
            Promise::Sha256(digest) => format!("sha256-{digest}"),
            Promise::Git(oid) => format!("git-{oid}"),
        }
    }
}

impl std::fmt::Display for Promise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Promise::Sha256(digest) => write!(f, "sha256 {digest}"),
            Promise::Git(oid) => write!(f, "git blob {oid}"),
        }
    }
}

/// How far a transfer is.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// Bytes arrive; nothing was judged.
    Fetching,
    /// Bytes arrive; what the verdict depends on was judged harmless.
    Streamable,
    /// All bytes are here and verified; the verdict is being made.
    Scanning,
    /// The verdict is in the store.
    Judged,
    /// It came to nothing.
    Failed(Refused),
}

/// A moment of a transfer.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) stored_bytes: u64,
    pub(crate) stage: Stage,
}

/// One file on its way in.
pub(crate) struct Transfer {
    progress: watch::Sender<Progress>,
    file: OnceLock<Arc<File>>,
    began: Instant,
    pub(crate) size_bytes: u64,
}

impl Transfer {
    fn new(size_bytes: u64) -> Transfer {
        let progress = Progress { stored_bytes: 0, stage: Stage::Fetching };
        Transfer {
            progress: watch::Sender::new(progress),
            file: OnceLock::new(),
            began: Instant::now(),
            size_bytes,
        }
    }

    /// Follows the transfer.
    pub(crate) fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// The partial file, once there is one.
    pub(crate) fn file(&self) -> Option<Arc<File>> {
        self.file.get().cloned()
    }

    /// Tells followers where the bytes are. Only the first call counts.
    pub(crate) fn opened(&self, file: Arc<File>) {
        self.file.set(file).ok();
    }

    /// Tells followers how many bytes are on disk.
    pub(crate) fn stored(&self, stored_bytes: u64) {
        self.progress.send_modify(|progress| progress.stored_bytes = stored_bytes);
    }

    /// Lets followers stream, unless the transfer has gone further since the look began.
    pub(crate) fn streamable(&self) {
        self.progress.send_modify(|progress| {
            if matches!(progress.stage, Stage::Fetching) {
                progress.stage = Stage::Streamable;
            }
        });
    }

    /// Tells followers what stage it reached.
    pub(crate) fn reached(&self, stage: Stage) {
        self.progress.send_modify(|progress| progress.stage = stage);
    }

    /// When to ask again: the time the rest will take at the pace so far, and at least as long as it
    /// took until now, so that a client's five tries cover thirty times the first wait.
    pub(crate) fn retry_after(&self) -> Duration {
        let elapsed = self.began.elapsed();
        let stored = self.progress.borrow().stored_bytes.max(1);
        let left = self.size_bytes.saturating_sub(stored);
        let pace = elapsed.as_secs_f64() / to_f64(stored);
        let remaining = Duration::from_secs_f64((pace * to_f64(left)).clamp(0.0, 300.0));
        elapsed.max(remaining).clamp(Duration::from_secs(1), Duration::from_mins(5))
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate of seconds needs no last bit")]
fn to_f64(bytes: u64) -> f64 {
    bytes as f64
}

/// Every transfer under way.
#[derive(Default)]
pub(crate) struct Transfers(Mutex<HashMap<Promise, Arc<Transfer>>>);

impl Transfers {
    /// Joins the transfer of `promise`, or begins one: the flag says that the caller has to start it.
    pub(crate) fn join(&self, promise: Promise, size_bytes: u64) -> (Arc<Transfer>, bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = all.get(&promise) {
            return (Arc::clone(running), false);
        }
        let transfer = Arc::new(Transfer::new(size_bytes));
        all.insert(promise, Arc::clone(&transfer));
        (transfer, true)
    }

    /// Forgets a transfer that ended: the next caller reads the store, or begins again.
    pub(crate) fn ended(&self, promise: Promise) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&promise);
    }

    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_wait_a_client_is_told_grows_with_the_wait_it_had() {
        let transfer = Transfer::new(1000);
        transfer.stored(1000);
        assert_eq!(transfer.retry_after(), Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(transfer.retry_after(), Duration::from_secs(20));
        transfer.stored(100);
        assert_eq!(transfer.retry_after(), Duration::from_mins(3));
    }

    #[test]
    fn one_transfer_a_promise() {
        let transfers = Transfers::default();
        let promise = Promise::Sha256(Digest::of(b"x"));
        assert!(transfers.join(promise, 1).1);
        assert!(!transfers.join(promise, 1).1);
        transfers.ended(promise);
        assert!(transfers.join(promise, 1).1);
    }
}
