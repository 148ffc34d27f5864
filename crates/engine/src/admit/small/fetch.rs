//! Small files, fetched side by side into quarantine.

use std::time::Duration;

use futures_util::StreamExt as _;
use weighbridge_domain::Digest;
use weighbridge_store::{FileRow, RevisionRow, WholeBlob};
use weighbridge_upstream::Answer;

use crate::Engine;
use crate::admit::held::Arrived;
use crate::admit::locate::Located;
use crate::admit::transfer::Promise;
use crate::admit::{Refused, on_disk};

/// Small files fetched at once.
const AT_ONCE: usize = 8;
/// Tries for one small file before upstream counts as unreachable.
const TRIES: u32 = 3;

impl Engine {
    /// Fetches files side by side into quarantine.
    pub(super) async fn fetch_together(
        &self,
        located: &Located,
        revision: &RevisionRow,
        files: Vec<FileRow>,
    ) -> Result<Vec<(FileRow, Digest)>, Refused> {
        let mut fetched = Vec::with_capacity(files.len());
        let mut under_way = futures_util::stream::iter(files)
            .map(|file| self.fetch_small(located, revision, file))
            .buffer_unordered(AT_ONCE);
        let mut failed = None;
        while let Some(file) = under_way.next().await {
            match file {
                Ok(file) => fetched.push(file),
                Err(refused) => {
                    failed = Some(refused);
                    break;
                }
            }
        }
        drop(under_way);
        // What came whole is not fetched again, whatever happened to the rest.
        let held = self.hold(located, revision, fetched).await?;
        failed.map_or(Ok(held), Err)
    }

    async fn fetch_small(
        &self,
        located: &Located,
        revision: &RevisionRow,
        row: FileRow,
    ) -> Result<Fetched, Refused> {
        let promised = Promise::of(&row);
        let known = self.find_held(located, &row).await?;
        if let Some(blob) = known.filter(|blob| blob.size_bytes == row.size_bytes)
            && self.open_blob(blob.digest).await?.is_some()
        {
            return Ok(Fetched { row, digest: blob.digest, whole: None });
        }
        // Equal files are fetched side by side, within a repository and across: each into its own.
        let own = Digest::of(format!("{} {}", revision.id, row.path).as_bytes());
        let key = format!("small-{own}");
        if let Some((digest, whole)) = self.find_small(&key, promised, row.size_bytes).await? {
            return Ok(Fetched { row, digest, whole: Some(whole) });
        }
        let mut tries = 0;
        let bytes = loop {
            tries += 1;
            match self.receive_small(located, revision, &row).await {
                Ok(bytes) => break bytes,
                Err(Refused::UpstreamUnknown { .. }) if tries < TRIES => {
                    tokio::time::sleep(Duration::from_millis(100 * u64::from(tries))).await;
                }
                Err(refused) => return Err(refused),
            }
        };
        let got = promised.as_kept_by(&bytes);
        if got != promised {
            let (path, got) = (&row.path, got.to_string());
            return Err(self.mismatch(located, revision, path, promised, got).await);
        }
        let blobs = self.0.blobs.clone();
        let (digest, whole) = on_disk(move || {
            let mut partial = blobs.partial(&key)?;
            partial.cut(0)?;
            partial.append(&bytes)?;
            Ok((Digest::of(&bytes), partial.finish()?))
        })
        .await?;
        Ok(Fetched { row, digest, whole: Some(whole) })
    }

    /// A small file that was fetched whole before a crash.
    async fn find_small(
        &self,
        key: &str,
        promised: Promise,
        size_bytes: u64,
    ) -> Result<Option<(Digest, WholeBlob)>, Refused> {
        let (blobs, key) = (self.0.blobs.clone(), key.to_owned());
        on_disk(move || {
            let partial = blobs.partial(&key)?;
            if partial.length_bytes() != size_bytes || size_bytes == 0 {
                return Ok(None);
            }
            let bytes = partial.read_all()?;
            if promised.as_kept_by(&bytes) != promised {
                return Ok(None);
            }
            Ok(Some((Digest::of(&bytes), partial.finish()?)))
        })
        .await
    }

    /// The bytes of a small file; never more than its size.
    async fn receive_small(
        &self,
        located: &Located,
        revision: &RevisionRow,
        row: &FileRow,
    ) -> Result<Vec<u8>, Refused> {
        let source = &located.source;
        let unknown = |what: String| Refused::UpstreamUnknown { source: source.name.clone(), what };
        let (kind, name) = (located.artifact.kind, &located.artifact.name);
        let token = source.credential(&located.artifact);
        let client = source.client(self);
        let mut body = match client.open(kind, name, &revision.commit, &row.path, token, 0).await {
            Answer::Yes(body) => body,
            Answer::No(refusal) => return Err(located.withheld(&row.path, refusal)),
            Answer::Unknown(trouble) => return Err(unknown(trouble.what)),
        };
        let size = usize::try_from(row.size_bytes).unwrap_or(usize::MAX);
        let mut bytes = Vec::with_capacity(size.min(1 << 20));
        loop {
            match body.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() <= size => {
                    bytes.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => {
                    let what = format!("`{}` is larger than the {size} bytes promised", row.path);
                    return Err(unknown(what));
                }
                Ok(None) => return Ok(bytes),
                Err(trouble) => return Err(unknown(trouble.what)),
            }
        }
    }

    /// Takes what was fetched into quarantine; answers all of it, in its order.
    async fn hold(
        &self,
        located: &Located,
        revision: &RevisionRow,
        fetched: Vec<Fetched>,
    ) -> Result<Vec<(FileRow, Digest)>, Refused> {
        let (mut held, mut arrived) = (Vec::with_capacity(fetched.len()), Vec::new());
        for Fetched { row, digest, whole } in fetched {
            held.push((row.clone(), digest));
            arrived.extend(whole.map(|whole| Arrived { file: row, digest, whole }));
        }
        if !arrived.is_empty() {
            self.quarantine(located, revision, arrived).await?;
        }
        Ok(held)
    }
}

/// A small file on our disk, in quarantine already or to be taken there.
struct Fetched {
    row: FileRow,
    digest: Digest,
    whole: Option<WholeBlob>,
}
