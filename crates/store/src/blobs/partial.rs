//! A file on its way in: it grows, it survives a restart, and it is nobody's until it is verified.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::BlobError;

/// A partial file, locked: one transfer writes it.
#[derive(Debug)]
pub struct PartialBlob {
    path: PathBuf,
    file: Arc<File>,
    length_bytes: u64,
}

impl PartialBlob {
    /// Opens the file where an earlier transfer stopped, or makes it.
    pub(crate) fn open(path: PathBuf) -> Result<PartialBlob, BlobError> {
        let failed = |error| BlobError::from_io(&path, error);
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BlobError::InUse { path }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let length_bytes = file.metadata().map_err(failed)?.len();
        Ok(PartialBlob { path, file: Arc::new(file), length_bytes })
    }

    /// The file once more, for reading by position while it grows. Whoever has it cannot change it.
    pub fn reader(&self) -> Result<File, BlobError> {
        File::open(&self.path).map_err(|error| BlobError::from_io(&self.path, error))
    }

    /// The open file, to be synced while it grows.
    pub fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Where it is, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes are there.
    pub fn length_bytes(&self) -> u64 {
        self.length_bytes
    }

    /// Everything that is there, for files that fit into memory.
    pub fn read_all(&self) -> Result<Vec<u8>, BlobError> {
        std::fs::read(&self.path).map_err(|error| BlobError::from_io(&self.path, error))
    }

    /// Adds bytes at the end.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        let written = (&*self.file).write_all(bytes);
        if let Err(error) = written {
            // Some of them may be there: what counts is the file.
            self.length_bytes = self.file.metadata().map_or(self.length_bytes, |m| m.len());
            return Err(BlobError::from_io(&self.path, error));
        }
        self.length_bytes = self.length_bytes.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// Throws away everything after the first `length_bytes`; with 0, begins again.
    pub fn cut(&mut self, length_bytes: u64) -> Result<(), BlobError> {
        let length_bytes = length_bytes.min(self.length_bytes);
        self.file.set_len(length_bytes).map_err(|error| BlobError::from_io(&self.path, error))?;
        self.length_bytes = length_bytes;
        Ok(())
    }

    /// Brings everything in it to the disk; nothing is added any more.
    pub fn finish(self) -> Result<WholeBlob, BlobError> {
        self.file.sync_all().map_err(|error| BlobError::from_io(&self.path, error))?;
        Ok(WholeBlob(self))
    }

    /// Throws the file away.
    pub fn discard(self) -> Result<(), BlobError> {
        std::fs::remove_file(&self.path).map_err(|error| BlobError::from_io(&self.path, error))
    }
}

/// A partial file that is whole, and on disk.
#[derive(Debug)]
pub struct WholeBlob(PartialBlob);

impl WholeBlob {
    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    pub(crate) fn file(&self) -> &File {
        &self.0.file
    }
}

impl Drop for PartialBlob {
    /// Readers may keep the file open; they must not keep the next transfer out.
    fn drop(&mut self) {
        self.file.unlock().ok();
    }
}
