//! The bytes of blobs, as files: `partial/` grows, `quarantine/` is verified and held, `released/`
//! may be served.
//!
//! The rule: a file changes its folder by a rename after everything in it is on disk, so a crash
//! leaves it whole in one of them.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use weighbridge_domain::Digest;

use crate::{BlobError, PartialBlob, WholeBlob};

/// The folder that holds the bytes. Its methods block: call them where that does no harm.
#[derive(Clone, Debug)]
pub struct BlobDir {
    root: PathBuf,
}

impl BlobDir {
    /// Opens the folder, and makes it and its parts when they are missing.
    pub fn open(root: impl Into<PathBuf>) -> Result<BlobDir, BlobError> {
        let blobs = BlobDir { root: root.into() };
        for folder in [blobs.partials(), blobs.quarantine(), blobs.root.join("released")] {
            make_folder(&folder)?;
        }
        sync_folder(&blobs.root)?;
        Ok(blobs)
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The partial file under `key`, such as `sha256-…`: the one an earlier transfer left, or a new
    /// one.
    pub fn partial(&self, key: &str) -> Result<PartialBlob, BlobError> {
        PartialBlob::open(self.partials().join(checked(key)?))
    }

    /// The keys of the partial files, in order.
    pub fn list_partials(&self) -> Result<Vec<String>, BlobError> {
        names(&self.partials())
    }

    /// Puts verified bytes into quarantine under their digest, when the store knows of them. A crash
    /// before this leaves a whole partial file, which the next transfer finds and does not fetch.
    pub fn settle(&self, whole: Vec<(WholeBlob, Digest)>) -> Result<(), BlobError> {
        if whole.is_empty() {
            return Ok(());
        }
        for (blob, digest) in whole {
            let to = self.quarantine().join(digest.to_string());
            fs::rename(blob.path(), &to).map_err(|error| BlobError::from_io(&to, error))?;
            // Not before: a partial file that was sealed and then left behind could not be resumed.
            let sealed = fs::Permissions::from_mode(0o400);
            let sealed = blob.file().set_permissions(sealed);
            sealed.map_err(|error| BlobError::from_io(&to, error))?;
        }
        sync_folder(&self.quarantine())?;
        sync_folder(&self.partials())
    }

    /// Moves bytes from quarantine to where they are served from. Doing it again changes nothing.
    pub fn release(&self, digest: Digest) -> Result<(), BlobError> {
        let from = self.quarantine().join(digest.to_string());
        let to = self.released(digest);
        let folder = to.parent().unwrap_or(&self.root);
        if make_folder(folder)? {
            sync_folder(&self.root.join("released"))?;
        }
        match fs::rename(&from, &to) {
            Ok(()) => {
                sync_folder(folder)?;
                sync_folder(&self.quarantine())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if exists(&to)? {
                    Ok(())
                } else {
                    Err(BlobError::NotHeld(digest))
                }
            }
            Err(error) => Err(BlobError::from_io(&to, error)),
        }
    }

    /// The bytes and how many they are, wherever they are held. Whether they may be served is not
    /// known here.
    pub fn open_blob(&self, digest: Digest) -> Result<Option<(File, u64)>, BlobError> {
        let released = self.released(digest);
        let quarantined = self.quarantine().join(digest.to_string());
        // Released in between, it is in the first place after all.
        for path in [&released, &quarantined, &released] {
            match File::open(path) {
                Ok(file) => {
                    let about = file.metadata().map_err(|e| BlobError::from_io(path, e))?;
                    return Ok(Some((file, about.len())));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(BlobError::from_io(path, error)),
            }
        }
        Ok(None)
    }

    /// Removes bytes, wherever they are held; false when there were none.
    pub fn remove(&self, digest: Digest) -> Result<bool, BlobError> {
        let mut removed = false;
        for path in [self.released(digest), self.quarantine().join(digest.to_string())] {
            match fs::remove_file(&path) {
                Ok(()) => {
                    removed = true;
                    sync_folder(path.parent().unwrap_or(&self.root))?;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(BlobError::from_io(&path, error)),
            }
        }
        Ok(removed)
    }

    /// How many bytes still fit, for somebody without privileges.
    pub fn free_bytes(&self) -> Result<u64, BlobError> {
        let about = rustix::fs::statvfs(&self.root)
            .map_err(|error| BlobError::from_io(&self.root, error.into()))?;
        Ok(about.f_bavail.saturating_mul(about.f_frsize))
    }

    fn partials(&self) -> PathBuf {
        self.root.join("partial")
    }

    fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    fn released(&self, digest: Digest) -> PathBuf {
        let name = digest.to_string();
        let shard: String = name.chars().take(2).collect();
        self.root.join("released").join(shard).join(name)
    }
}

/// A key never leaves its folder.
fn checked(key: &str) -> Result<&str, BlobError> {
    let fits = (1..=100).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits { Ok(key) } else { Err(BlobError::BadKey(key.chars().take(100).collect())) }
}

/// Makes a folder for its owner alone; true when it was missing.
fn make_folder(path: &Path) -> Result<bool, BlobError> {
    if exists(path)? {
        return Ok(false);
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| BlobError::from_io(path, error))?;
    Ok(true)
}

fn exists(path: &Path) -> Result<bool, BlobError> {
    path.try_exists().map_err(|error| BlobError::from_io(path, error))
}

/// A rename is only on disk once its folder is.
fn sync_folder(path: &Path) -> Result<(), BlobError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| BlobError::from_io(path, error))
}

fn names(folder: &Path) -> Result<Vec<String>, BlobError> {
    let failed = |error| BlobError::from_io(folder, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn folder() -> (tempfile::TempDir, BlobDir) {
        let place = tempfile::tempdir().unwrap();
        let blobs = BlobDir::open(place.path().join("blobs")).unwrap();
        (place, blobs)
    }

    fn hold(blobs: &BlobDir, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        let mut partial = blobs.partial(&format!("sha256-{digest}")).unwrap();
        partial.append(bytes).unwrap();
        blobs.settle(vec![(partial.finish().unwrap(), digest)]).unwrap();
        digest
    }

    fn content(blobs: &BlobDir, digest: Digest) -> Option<Vec<u8>> {
        let (mut file, size_bytes) = blobs.open_blob(digest).unwrap()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, size_bytes);
        Some(bytes)
    }

    #[test]
    fn a_partial_file_goes_on_where_it_stopped() {
        let (_place, blobs) = folder();
        let mut partial = blobs.partial("git-00ff").unwrap();
        partial.append(b"first ").unwrap();
        drop(partial);

        let again = BlobDir::open(blobs.root()).unwrap();
        let mut partial = again.partial("git-00ff").unwrap();
        assert_eq!(partial.length_bytes(), 6);
        partial.append(b"second").unwrap();
        let digest = Digest::of(b"first second");
        again.settle(vec![(partial.finish().unwrap(), digest)]).unwrap();
        assert_eq!(content(&again, digest), Some(b"first second".to_vec()));
        assert!(again.list_partials().unwrap().is_empty());
    }

    #[test]
    fn a_cut_partial_file_grows_from_the_cut() {
        let (_place, blobs) = folder();
        let mut partial = blobs.partial("k").unwrap();
        partial.append(b"good bad").unwrap();
        partial.cut(5).unwrap();
        partial.append(b"end").unwrap();
        assert_eq!(
            (partial.length_bytes(), fs::read(partial.path()).unwrap()),
            (8, b"good end".to_vec())
        );
        partial.discard().unwrap();
        assert!(blobs.list_partials().unwrap().is_empty());
    }

    #[test]
    fn two_transfers_never_write_one_file() {
        let (_place, blobs) = folder();
        let first = blobs.partial("k").unwrap();
        assert!(matches!(blobs.partial("k"), Err(BlobError::InUse { .. })));
        let follower = first.file();
        drop(first);
        blobs.partial("k").unwrap();
        drop(follower);
    }

    #[test]
    fn a_release_done_twice_is_a_release() {
        let (_place, blobs) = folder();
        let digest = hold(&blobs, b"weights");
        assert_eq!(names(&blobs.quarantine()).unwrap(), [digest.to_string()]);
        blobs.release(digest).unwrap();
        blobs.release(digest).unwrap();
        assert!(names(&blobs.quarantine()).unwrap().is_empty());
        assert_eq!(content(&blobs, digest), Some(b"weights".to_vec()));
        hold(&blobs, b"weights");
        blobs.release(digest).unwrap();
        assert_eq!(content(&blobs, digest), Some(b"weights".to_vec()));
        assert!(matches!(blobs.release(Digest::of(b"")), Err(BlobError::NotHeld(_))));
    }

    #[test]
    fn removed_bytes_are_gone_from_both_folders() {
        let (_place, blobs) = folder();
        let digest = hold(&blobs, b"weights");
        blobs.release(digest).unwrap();
        hold(&blobs, b"weights");
        assert!(blobs.remove(digest).unwrap());
        assert_eq!(content(&blobs, digest), None);
        assert!(!blobs.remove(digest).unwrap());
    }

    #[test]
    fn a_key_never_leaves_its_folder() {
        let (_place, blobs) = folder();
        for key in ["", ".", "..", "../x", "a/b", "A", "a\0", &"a".repeat(101)] {
            assert!(matches!(blobs.partial(key), Err(BlobError::BadKey(_))), "{key:?}");
        }
    }

    #[test]
    fn a_full_disk_is_called_a_full_disk() {
        let (_place, blobs) = folder();
        std::os::unix::fs::symlink("/dev/full", blobs.partials().join("full")).unwrap();
        let mut partial = blobs.partial("full").unwrap();
        assert!(matches!(partial.append(b"x"), Err(BlobError::DiskFull { .. })));
        assert_eq!(partial.length_bytes(), 0);
        assert!(blobs.free_bytes().unwrap() > 0);
    }

    #[test]
    fn held_bytes_are_for_their_owner_and_never_written_again() {
        let (_place, blobs) = folder();
        let digest = hold(&blobs, b"weights");
        blobs.release(digest).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&blobs.released(digest)), 0o400);
        assert_eq!(mode(&blobs.quarantine()), 0o700);
    }
}
