//! What a crash can leave behind, put right at start: files that were fetched whole and verified,
//! but not yet recorded. Partial files are kept; their next transfer takes them up.

use weighbridge_domain::{Digest, Hasher};
use weighbridge_store::{BlobDir, BlobError};

use crate::admit::hashing::{GitHasher, read_all};
use crate::{Engine, Event, OpenError};

impl Engine {
    /// Records every file in quarantine that the store does not know. What no longer hashes to its
    /// name is thrown away.
    pub(crate) async fn recover(&self) -> Result<(), OpenError> {
        let held = self.0.blobs.list_quarantine().map_err(store_error)?;
        for digest in held {
            if self.0.store.read().await?.find_blob(digest).await?.is_some() {
                continue;
            }
            let blobs = self.0.blobs.clone();
            let checked = tokio::task::spawn_blocking(move || check(&blobs, digest)).await;
            let checked = checked.map_err(|error| OpenError::Settings(error.to_string()))?;
            let Some((size_bytes, git_oid)) = checked.map_err(store_error)? else {
                tracing::warn!(%digest, "a file in quarantine was damaged by the last stop: removed");
                continue;
            };
            let now = self.0.settings.clock.now();
            let mut change = self.begin().await?;
            change.tx().insert_blob(digest, size_bytes, Some(git_oid), now).await?;
            change.commit(Event::BlobRecovered { digest: digest.to_string(), size_bytes }).await?;
            tracing::info!(%digest, size_bytes, "a file fetched before the last stop was found again");
        }
        Ok(())
    }
}

/// Hashes a file in quarantine; removes it when it is not what its name says.
fn check(
    blobs: &BlobDir,
    digest: Digest,
) -> Result<Option<(u64, weighbridge_domain::GitOid)>, BlobError> {
    let Some((mut file, size_bytes)) = blobs.open_blob(digest)? else { return Ok(None) };
    let (mut sha256, mut git) = (Hasher::default(), GitHasher::new(size_bytes));
    read_all(&mut file, |bytes| {
        sha256.update(bytes);
        git.update(bytes);
    })
    .map_err(|error| BlobError::from_io(blobs.root(), error))?;
    if sha256.finish() == digest {
        return Ok(Some((size_bytes, git.finish())));
    }
    blobs.remove(digest)?;
    Ok(None)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` calls")]
fn store_error(error: BlobError) -> OpenError {
    OpenError::Settings(format!("the blobs cannot be used: {error}"))
}
