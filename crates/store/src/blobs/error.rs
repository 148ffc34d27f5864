//! What can go wrong with the bytes of blobs.

use std::io;
use std::path::{Path, PathBuf};

use weighbridge_domain::Digest;

/// Why bytes could not be kept, moved or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No room is left.
    #[error("the disk that holds `{}` is full", path.display())]
    DiskFull {
        /// The file that did not fit.
        path: PathBuf,
    },
    /// Somebody else writes that partial file.
    #[error("`{}` is being written by another transfer", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A text that cannot name a partial file.
    #[error("`{0}` cannot name a partial file: 1 to 100 lower-case letters, digits and `-`")]
    BadKey(String),
    /// There are no bytes of that digest.
    #[error("no bytes are held for {0}")]
    NotHeld(Digest),
    /// Anything else that the file system says.
    #[error("`{}`: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
}

impl BlobError {
    /// Sorts an error that came up while working on `path`.
    pub fn from_io(path: &Path, error: io::Error) -> BlobError {
        let path = path.to_owned();
        if crate::error::is_full(&error) {
            BlobError::DiskFull { path }
        } else {
            BlobError::Io { path, error }
        }
    }
}
