//! Bytes that lie here already. Whoever can name bytes has no right to them: they are reused for an
//! artifact whose own source gave them, and for everybody when one that is open to all did.

use std::fs::File;

use weighbridge_domain::{Digest, GitOid, RepoPath};
use weighbridge_store::{BlobRow, FileRow, RevisionRow, WholeBlob};

use crate::admit::locate::Located;
use crate::admit::transfer::Promise;
use crate::admit::{Refused, on_disk};
use crate::event::QuarantinedFile;
use crate::{Engine, Event};

/// A file fetched whole and verified, to be taken into quarantine.
pub(crate) struct Arrived {
    pub(crate) file: FileRow,
    pub(crate) digest: Digest,
    pub(crate) whole: WholeBlob,
}

impl Engine {
    /// What is known of the bytes that a listed file promises, if this artifact may have them without
    /// asking its source. They may be of another size than was promised, and missing on disk.
    pub(crate) async fn find_held(
        &self,
        located: &Located,
        file: &FileRow,
    ) -> Result<Option<BlobRow>, Refused> {
        let mut db = self.0.store.read().await?;
        let blob = match Promise::of(file) {
            Promise::Sha256(digest) => db.find_blob(digest).await?,
            Promise::Git(oid) => db.find_blob_by_git_oid(oid, file.size_bytes).await?,
        };
        match blob {
            Some(blob) if db.is_blob_open_to(blob.digest, &located.id).await? => Ok(Some(blob)),
            _ => Ok(None),
        }
    }

    /// Takes verified files into quarantine: on record first, then under their digests. A crash between
    /// leaves whole partial files, which are found before anything is fetched again.
    pub(crate) async fn quarantine(
        &self,
        located: &Located,
        revision: &RevisionRow,
        arrived: Vec<Arrived>,
    ) -> Result<(), Refused> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let mut files = Vec::new();
        for Arrived { file, digest, .. } in &arrived {
            change.tx().insert_blob(*digest, file.size_bytes, own_oid(file), now).await?;
            if change.tx().insert_blob_origin(*digest, &located.id).await? {
                files.push(QuarantinedFile {
                    path: file.path.to_string(),
                    digest: digest.to_string(),
                    size_bytes: file.size_bytes,
                });
            }
        }
        if !files.is_empty() {
            let event = Event::FilesQuarantined {
                artifact: located.artifact.to_string(),
                commit: revision.commit.to_string(),
                files,
            };
            change.commit(event).await?;
        }
        let blobs = self.0.blobs.clone();
        let whole = arrived.into_iter().map(|file| (file.whole, file.digest)).collect();
        on_disk(move || blobs.settle(whole)).await
    }

    /// Opens a verified blob, wherever it lies.
    pub(crate) async fn open_blob(&self, digest: Digest) -> Result<Option<File>, Refused> {
        let blobs = self.0.blobs.clone();
        let found = on_disk(move || blobs.open_blob(digest)).await?;
        Ok(found.map(|(file, _)| file))
    }

    /// Records that upstream sent something else than it promised.
    pub(crate) async fn mismatch(
        &self,
        located: &Located,
        revision: &RevisionRow,
        path: &RepoPath,
        promised: Promise,
        got: String,
    ) -> Refused {
        let event = Event::FetchMismatch {
            artifact: located.artifact.to_string(),
            commit: revision.commit.to_string(),
            path: path.to_string(),
            promised: promised.to_string(),
            got: got.clone(),
        };
        let recorded = match self.begin().await {
            Ok(change) => change.commit(event).await,
            Err(error) => Err(error),
        };
        if let Err(error) = recorded {
            return Refused::internal(error);
        }
        Refused::Mismatch {
            artifact: located.artifact.clone(),
            path: path.clone(),
            what: format!("promised {promised}, got {got}"),
        }
    }
}

/// Git's id of the bytes; of a file in LFS, git knows the pointer only.
pub(crate) fn own_oid(file: &FileRow) -> Option<GitOid> {
    file.lfs.is_none().then_some(file.git_oid)
}
