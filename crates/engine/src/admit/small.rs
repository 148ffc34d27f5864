//! The small files of a revision: fetched together, scanned together by one worker, judged together
//! with the repository rules that read them.

use std::time::Duration;

use futures_util::StreamExt as _;
use weighbridge_domain::{Digest, Environment, RepoPath};
use weighbridge_scan::{RepositoryFile, ScanInput, ScanJob, ScanOutcome, is_config};
use weighbridge_store::{FilePage, FileRow, RevisionRow, WholeBlob};
use weighbridge_upstream::Answer;

use crate::Engine;
use crate::admit::held::{Arrived, own_oid};
use crate::admit::judge::Examined;
use crate::admit::locate::Located;
use crate::admit::transfer::Promise;
use crate::admit::{Refused, on_disk};

/// Small files fetched at once.
const AT_ONCE: usize = 8;
/// The largest configuration that the repository rules read. A revision whose configurations are not
/// read cannot be judged, so they come first, whatever their size and place upstream.
const CONFIG_BYTES: u64 = 16 << 20;
/// All configurations of a revision together.
const CONFIGS_BYTES: u64 = 64 << 20;
/// Tries for one small file before upstream counts as unreachable.
const TRIES: u32 = 3;

impl Engine {
    /// Examines the small files of a revision, once; not at all when policy denies the revision by what
    /// is known without any byte.
    pub(crate) async fn examine_small(
        &self,
        located: &Located,
        revision: &RevisionRow,
        environment: &Environment,
    ) -> Result<(), Refused> {
        let ruleset = self.0.ruleset.as_str();
        let mut db = self.0.store.read().await?;
        if db.find_held_repository_scan(&revision.id, ruleset).await?.is_some() {
            return Ok(());
        }
        drop(db);
        if self.is_denied_unseen(located, revision, environment).await? {
            return Ok(());
        }
        self.examine_small_files(located, revision).await
    }

    /// The same whatever policy says.
    pub(crate) async fn examine_small_files(
        &self,
        located: &Located,
        revision: &RevisionRow,
    ) -> Result<(), Refused> {
        let engine = self.clone();
        let (own, row) = (located.clone(), revision.clone());
        let work = || async move { engine.examine_small_once(own, row).await };
        let examined = self.0.examinations.run(revision.id.clone(), work).await;
        examined.unwrap_or_else(|| Err(Refused::internal("examining small files failed")))
    }

    async fn examine_small_once(
        &self,
        located: Located,
        revision: RevisionRow,
    ) -> Result<(), Refused> {
        let mut db = self.0.store.read().await?;
        if db.find_held_repository_scan(&revision.id, &self.0.ruleset).await?.is_some() {
            return Ok(());
        }
        let (small, all) = self.split(&mut db, &revision).await?;
        drop(db);
        let mut fetched = Vec::with_capacity(small.len());
        let mut under_way = futures_util::stream::iter(small)
            .map(|file| self.fetch_small(&located, &revision, file))
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
        fetched.sort_by(|one, other| one.row.path.cmp(&other.row.path));
        // What came whole is not fetched again, whatever happened to the rest.
        let fetched = self.hold(&located, &revision, fetched).await?;
        if let Some(refused) = failed {
            return Err(refused);
        }
        self.scan_together(&located, &revision, fetched, all).await
    }

    /// The files to fetch now, and the whole list for the repository rules.
    pub(crate) async fn split(
        &self,
        db: &mut weighbridge_store::Queries,
        revision: &RevisionRow,
    ) -> Result<(Vec<FileRow>, Vec<RepositoryFile>), Refused> {
        let settings = &self.0.settings;
        let (mut small, mut all) = (Vec::new(), Vec::new());
        let (mut total_bytes, mut configs_bytes) = (0_u64, 0_u64);
        let mut after: Option<RepoPath> = None;
        loop {
            let page = FilePage { folder: "", after: after.as_ref(), limit: 5_000 };
            let rows = db.list_files(&revision.id, &page).await?;
            let Some(last) = rows.last() else { return Ok((small, all)) };
            after = Some(last.path.clone());
            for row in rows {
                all.push(RepositoryFile { path: row.path.clone(), size_bytes: row.size_bytes });
                let (total, most, fits) = if is_config(&row.path) {
                    (&mut configs_bytes, CONFIGS_BYTES, row.size_bytes <= CONFIG_BYTES)
                } else {
                    let fits = row.lfs.is_none() && row.size_bytes <= settings.small_file_bytes;
                    (&mut total_bytes, settings.small_files_total_bytes, fits)
                };
                if fits && total.saturating_add(row.size_bytes) <= most {
                    *total += row.size_bytes;
                    small.push(row);
                }
            }
        }
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

    async fn scan_together(
        &self,
        located: &Located,
        revision: &RevisionRow,
        rows: Vec<(FileRow, Digest)>,
        all: Vec<RepositoryFile>,
    ) -> Result<(), Refused> {
        let mut inputs = Vec::with_capacity(rows.len());
        for (row, digest) in &rows {
            let Some(file) = self.open_blob(*digest).await? else {
                return Err(Refused::internal(format!("blob {digest} vanished from quarantine")));
            };
            inputs.push(ScanInput {
                path: row.path.clone(),
                file,
                size_bytes: row.size_bytes,
                available_bytes: row.size_bytes,
            });
        }
        let name = self.judge_name(&located.artifact, &all).await?;
        let answer = self.scan(ScanJob { inputs, repository: Some(all) }).await?;
        let repository = self.seen_together(&revision.id, &answer, name);
        let mut examined = Vec::with_capacity(rows.len());
        for ((row, digest), outcome) in rows.into_iter().zip(answer.outcomes) {
            // A whole file that the scanner wants more of is a file it did not judge.
            let ScanOutcome::Report(report) = outcome else { continue };
            examined.push(Examined {
                git_oid: own_oid(&row),
                path: row.path,
                size_bytes: row.size_bytes,
                digest,
                report,
            });
        }
        let sandboxed = answer.sandbox.is_complete();
        self.judge(located, revision, &examined, Some(&repository), sandboxed).await
    }
}

/// A small file on our disk, in quarantine already or to be taken there.
struct Fetched {
    row: FileRow,
    digest: Digest,
    whole: Option<WholeBlob>,
}
