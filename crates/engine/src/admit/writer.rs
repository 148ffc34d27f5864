//! A partial file that is hashed while it is written, and taken up where an earlier transfer stopped.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use tokio::sync::mpsc;
use weighbridge_domain::{Digest, Hasher};
use weighbridge_store::{BlobDir, BlobError, PartialBlob};

use crate::admit::hashing::{GitHasher, read_all};
use crate::admit::transfer::{Key, Promise, Transfer};
use crate::admit::{Refused, on_disk};

/// What a fetch leaves free on the disk, and after how many bytes it looks.
const KEPT_FREE_BYTES: u64 = 8 << 20;
const LOOK_BYTES: u64 = 2 << 20;
/// After how many bytes the disk is asked to write, so that the end does not wait for all of it.
const SYNC_BYTES: u64 = 256 << 20;

/// A partial file with the hash of what it holds.
pub(crate) struct Writer {
    blobs: BlobDir,
    pub(crate) partial: PartialBlob,
    /// The file for those who follow it, and for the scanner: to be read only.
    pub(crate) shared: Arc<File>,
    sha256: Hasher,
    git: Option<GitHasher>,
    pub(crate) stored_bytes: u64,
}

impl Writer {
    /// Opens the partial file and hashes what it holds from before a restart.
    pub(crate) async fn open(blobs: &BlobDir, key: &Key, size: u64) -> Result<Writer, Refused> {
        let (blobs, key) = (blobs.clone(), key.clone());
        on_disk(move || {
            let mut partial = blobs.partial(&key.partial())?;
            if partial.length_bytes() > size {
                partial.cut(0)?;
            }
            let mut sha256 = Hasher::default();
            let mut git = matches!(key.promise, Promise::Git(_)).then(|| GitHasher::new(size));
            let (shared, stored_bytes) = (Arc::new(partial.reader()?), partial.length_bytes());
            read_all(&mut partial.reader()?, |bytes| {
                sha256.update(bytes);
                if let Some(git) = &mut git {
                    git.update(bytes);
                }
            })
            .map_err(|error| BlobError::from_io(partial.path(), error))?;
            Ok(Writer { blobs, partial, shared, sha256, git, stored_bytes })
        })
        .await
    }

    /// Begins again at the first byte.
    pub(crate) async fn restart(mut self, promise: Promise, size: u64) -> Result<Writer, Refused> {
        on_disk(move || {
            self.partial.cut(0)?;
            self.sha256 = Hasher::default();
            self.git = matches!(promise, Promise::Git(_)).then(|| GitHasher::new(size));
            self.stored_bytes = 0;
            Ok(self)
        })
        .await
    }

    pub(crate) fn write_all(
        mut self,
        mut pieces: mpsc::Receiver<Bytes>,
        transfer: &Transfer,
    ) -> Result<Writer, BlobError> {
        let mut next_sync = self.stored_bytes + SYNC_BYTES;
        let mut syncing: Option<JoinHandle<io::Result<()>>> = None;
        let mut next_look = self.stored_bytes;
        while let Some(piece) = pieces.blocking_recv() {
            if self.stored_bytes >= next_look {
                next_look = self.stored_bytes + LOOK_BYTES;
                self.leave_room()?;
            }
            self.partial.append(&piece)?;
            self.stored_bytes += piece.len() as u64;
            // Followers read what is written; the hash decides about the tail only.
            transfer.stored(self.stored_bytes);
            self.sha256.update(&piece);
            if let Some(git) = &mut self.git {
                git.update(&piece);
            }
            let is_idle = syncing.as_ref().is_none_or(JoinHandle::is_finished);
            if self.stored_bytes >= next_sync && is_idle {
                self.synced(syncing.take())?;
                next_sync = self.stored_bytes + SYNC_BYTES;
                let file = self.partial.file();
                syncing = Some(std::thread::spawn(move || file.sync_data()));
            }
        }
        self.synced(syncing)?;
        Ok(self)
    }

    /// What is left on the disk has to do for the ledger, or nothing at all could be served.
    fn leave_room(&self) -> Result<(), BlobError> {
        if self.blobs.free_bytes()? >= KEPT_FREE_BYTES {
            return Ok(());
        }
        Err(BlobError::DiskFull { path: self.partial.path().to_owned() })
    }

    /// Waits for a sync. The kernel tells an error of writing back only once: forgotten here, the last
    /// sync would not hear of it.
    fn synced(&self, syncing: Option<JoinHandle<io::Result<()>>>) -> Result<(), BlobError> {
        let Some(syncing) = syncing else { return Ok(()) };
        let synced = syncing.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()));
        synced.map_err(|error| BlobError::from_io(self.partial.path(), error))
    }

    /// The digest of the file, and what it is in the words of the promise.
    pub(crate) fn finish(&mut self) -> (Digest, Promise) {
        let digest = std::mem::take(&mut self.sha256).finish();
        match self.git.take() {
            Some(git) => (digest, Promise::Git(git.finish())),
            None => (digest, Promise::Sha256(digest)),
        }
    }

    pub(crate) async fn discard(self) -> Result<(), Refused> {
        on_disk(move || self.partial.discard()).await
    }
}
