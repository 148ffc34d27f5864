//! The data directory as the binary sees it: who holds it, where its server is, the local token.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use weighbridge_domain::TokenSecret;

use crate::failure::Failure;

/// A data directory.
#[derive(Clone, Debug)]
pub(crate) struct DataDir(PathBuf);

/// Whoever has this is the only process at work in the directory. The kernel takes it back when the
/// process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

/// Where the server of a data directory is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ServerNote {
    /// Such as `http://127.0.0.1:8080`.
    pub(crate) url: String,
    /// Its process.
    pub(crate) pid: u32,
}

impl DataDir {
    /// The directory at `path`; it need not be there yet.
    pub(crate) fn new(path: &Path) -> DataDir {
        DataDir(path.to_owned())
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Where the token of the local administrator lies.
    pub(crate) fn token_path(&self) -> PathBuf {
        self.0.join("admin.token")
    }

    /// Makes the directory, for its owner alone.
    pub(crate) fn make(&self) -> Result<(), Failure> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&self.0).map_err(|error| {
            Failure::new(format!("the data directory `{}` cannot be made", self.0.display()))
                .because(error)
                .hint("choose another one with `--data`")
        })
    }

    /// Takes the lock. `None` when another process has it.
    pub(crate) fn try_lock(&self) -> Result<Option<Lock>, Failure> {
        let path = self.0.join("lock");
        let failed = |error: io::Error| {
            Failure::new(format!("the lock `{}` cannot be taken", path.display()))
                .because(error)
                .hint("run this as the user the server runs as, or name a server with `--server`")
        };
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Lock(file))),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// Where the server is, when one wrote that down.
    pub(crate) fn read_note(&self) -> Option<ServerNote> {
        let text = fs::read_to_string(self.0.join("server.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes down where the server is. Only the holder of the lock may.
    pub(crate) fn write_note(&self, note: &ServerNote, _: &Lock) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(note).unwrap_or_default();
        self.write_private("server.json", &text)
    }

    /// Forgets where a server was. Only the holder of the lock knows that none is there.
    pub(crate) fn remove_note(&self, _: &Lock) {
        fs::remove_file(self.0.join("server.json")).ok();
    }

    /// The token of the local administrator. `None` when there is none.
    pub(crate) fn read_token(&self) -> Result<Option<TokenSecret>, Failure> {
        let path = self.token_path();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(TokenSecret::from_client(text.trim())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(Failure::new(format!("the token in `{}` cannot be read", path.display()))
                    .because(error)
                    .hint("run this as the user the server runs as, or set WEIGHBRIDGE_TOKEN"))
            }
        }
    }

    /// Keeps the token of the local administrator. Only the holder of the lock may.
    pub(crate) fn write_token(&self, token: &TokenSecret, _: &Lock) -> Result<(), Failure> {
        self.write_private("admin.token", &format!("{}\n", token.reveal()))
    }

    /// Writes a file for its owner alone; it appears whole or not at all.
    fn write_private(&self, name: &str, text: &str) -> Result<(), Failure> {
        let (path, beside) = (self.0.join(name), self.0.join(format!("{name}.new")));
        let write = || -> io::Result<()> {
            // A leftover of a crash could have other permissions.
            fs::remove_file(&beside).ok();
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &path)
        };
        write().map_err(|error| {
            Failure::new(format!("`{}` cannot be written", path.display())).because(error)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn one_process_at_a_time_and_secrets_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(&folder.path().join("data"));
        data.make().unwrap();
        let lock = data.try_lock().unwrap().unwrap();
        assert!(data.try_lock().unwrap().is_none());
        let token = TokenSecret::from_client("hf_secret").unwrap();
        data.write_token(&token, &lock).unwrap();
        let mode = fs::metadata(data.token_path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(data.read_token().unwrap(), Some(token));
        drop(lock);
        assert!(data.try_lock().unwrap().is_some());
    }
}
