//! The state of one file on its way in, shared by everyone who waits for it.
//!
//! The rule: a follower sees bytes only after the part of the file that its verdict depends on was
//! judged, and the tail only after the whole file was verified and judged. Bytes that somebody was
//! given are never replaced by others.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::watch;
use tokio::time::{Duration, Instant};
use weighbridge_domain::{Artifact, Digest, GitOid};
use weighbridge_store::FileRow;

use crate::admit::Refused;
use crate::admit::hashing::git_oid_of;
use crate::admit::locate::Located;

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
    /// What upstream promised a listed file to be.
    pub(crate) fn of(file: &FileRow) -> Promise {
        match file.lfs {
            Some(digest) => Promise::Sha256(digest),
            None => Promise::Git(file.git_oid),
        }
    }

    /// What `bytes` are in the words of this promise.
    pub(crate) fn as_kept_by(self, bytes: &[u8]) -> Promise {
        match self {
            Promise::Sha256(_) => Promise::Sha256(Digest::of(bytes)),
            Promise::Git(_) => Promise::Git(git_oid_of(bytes)),
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

/// What a transfer is known by. Bytes that not everybody may have are on their way in for one artifact;
/// another one that promises the same has to show that its source gives them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) promise: Promise,
    /// The id of the artifact, when it is gated or private upstream.
    only_for: Option<String>,
}

impl Key {
    pub(crate) fn of(located: &Located, file: &FileRow) -> Key {
        let only_for = located.restricted.then(|| located.id.clone());
        Key { promise: Promise::of(file), only_for }
    }

    /// The name of the partial file.
    pub(crate) fn partial(&self) -> String {
        let promise = match self.promise {
            Promise::Sha256(digest) => format!("sha256-{digest}"),
            Promise::Git(oid) => format!("git-{oid}"),
        };
        match &self.only_for {
            Some(id) => format!("{promise}-{}", id.to_ascii_lowercase()),
            None => promise,
        }
    }
}

/// What a transfer was begun for. Others may want the same bytes under another name or size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Purpose {
    /// The artifact whose source is asked.
    pub(crate) artifact: Artifact,
    /// The suffix under which the bytes are judged.
    pub(crate) suffix: String,
    /// The size that was promised.
    pub(crate) size_bytes: u64,
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
    /// Counts how often the bytes were thrown away to begin again.
    pub(crate) beginning: u32,
}

impl Progress {
    /// The end of the bytes that may leave before the whole is judged.
    pub(crate) fn may_go(&self, size_bytes: u64) -> u64 {
        self.stored_bytes.min(size_bytes.saturating_sub(TAIL_BYTES))
    }
}

/// One file on its way in.
pub(crate) struct Transfer {
    progress: watch::Sender<Progress>,
    file: OnceLock<Arc<File>>,
    began: Instant,
    pub(crate) purpose: Purpose,
}

impl Transfer {
    fn new(purpose: Purpose) -> Transfer {
        let progress = Progress { stored_bytes: 0, stage: Stage::Fetching, beginning: 0 };
        Transfer {
            progress: watch::Sender::new(progress),
            file: OnceLock::new(),
            began: Instant::now(),
            purpose,
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

    /// Lets followers stream, unless the transfer has gone further since the look began, or has
    /// begun again with other bytes than were looked at.
    pub(crate) fn streamable(&self, beginning: u32) {
        self.progress.send_modify(|progress| {
            if matches!(progress.stage, Stage::Fetching) && progress.beginning == beginning {
                progress.stage = Stage::Streamable;
            }
        });
    }

    /// Whether the bytes may be thrown away to begin again: not once somebody may have some of them.
    pub(crate) fn begins_again(&self) -> bool {
        let mut may = false;
        self.progress.send_modify(|progress| {
            may = matches!(progress.stage, Stage::Fetching);
            if may {
                progress.beginning += 1;
                progress.stored_bytes = 0;
            }
        });
        may
    }

    /// Tells followers what stage it reached.
    pub(crate) fn reached(&self, stage: Stage) {
        self.progress.send_modify(|progress| progress.stage = stage);
    }

    /// When to ask again: the time the rest will take at the pace so far, and at least as long as it
    /// took until now, so that a client's five tries cover thirty times the first wait. Before the
    /// first byte there is no pace.
    pub(crate) fn retry_after(&self) -> Duration {
        let elapsed = self.began.elapsed();
        let size = self.purpose.size_bytes;
        let stored = match self.progress.borrow().stored_bytes {
            0 => size.max(1),
            stored => stored,
        };
        let left = size.saturating_sub(stored);
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
pub(crate) struct Transfers(Mutex<HashMap<Key, Arc<Transfer>>>);

impl Transfers {
    /// Joins the transfer known by `key`, or begins one: the flag says that the caller has to start it.
    pub(crate) fn join(&self, key: &Key, purpose: Purpose) -> (Arc<Transfer>, bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = all.get(key) {
            return (Arc::clone(running), false);
        }
        let transfer = Arc::new(Transfer::new(purpose));
        all.insert(key.clone(), Arc::clone(&transfer));
        (transfer, true)
    }

    /// Forgets a transfer that ended: the next caller reads the store, or begins again.
    pub(crate) fn ended(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purpose(size_bytes: u64) -> Purpose {
        Purpose { artifact: "acme/tiny".parse().unwrap(), suffix: String::new(), size_bytes }
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_a_client_is_told_grows_with_the_wait_it_had() {
        let transfer = Transfer::new(purpose(1000));
        transfer.stored(1000);
        assert_eq!(transfer.retry_after(), Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(20)).await;
        transfer.stored(0);
        assert_eq!(transfer.retry_after(), Duration::from_secs(20));
        transfer.stored(1000);
        assert_eq!(transfer.retry_after(), Duration::from_secs(20));
        transfer.stored(100);
        assert_eq!(transfer.retry_after(), Duration::from_mins(3));
    }

    #[test]
    fn one_transfer_a_promise() {
        let transfers = Transfers::default();
        let key = |only_for: Option<&str>| Key {
            promise: Promise::Sha256(Digest::of(b"x")),
            only_for: only_for.map(str::to_owned),
        };
        assert!(transfers.join(&key(None), purpose(1)).1);
        assert!(!transfers.join(&key(None), purpose(1)).1);
        assert!(transfers.join(&key(Some("01A")), purpose(1)).1, "a gated artifact's own");
        transfers.ended(&key(None));
        assert!(transfers.join(&key(None), purpose(1)).1);
        assert_ne!(key(None).partial(), key(Some("01A")).partial());
    }

    #[test]
    fn bytes_that_somebody_may_have_are_not_replaced() {
        let transfer = Transfer::new(purpose(1));
        assert!(transfer.begins_again());
        // A look at the bytes that were thrown away says nothing about the new ones.
        transfer.streamable(0);
        assert!(matches!(transfer.watch().borrow().stage, Stage::Fetching));
        transfer.streamable(1);
        assert!(matches!(transfer.watch().borrow().stage, Stage::Streamable));
        assert!(!transfer.begins_again());
    }
}
