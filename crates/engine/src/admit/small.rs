//! The small files of a revision: fetched together, scanned together by one worker, judged together
//! with the repository rules that read them.

mod fetch;

use weighbridge_domain::{Digest, Environment, RepoPath};
use weighbridge_scan::{RepositoryFile, ScanInput, ScanJob, ScanOutcome, is_config};
use weighbridge_store::{FilePage, FileRow, RevisionRow};

use crate::Engine;
use crate::admit::Refused;
use crate::admit::held::own_oid;
use crate::admit::judge::Examined;
use crate::admit::locate::Located;

/// The largest configuration that the repository rules read. A revision whose configurations are not
/// read cannot be judged, so they come first, whatever their size and place upstream.
const CONFIG_BYTES: u64 = 16 << 20;
/// All configurations of a revision together.
const CONFIGS_BYTES: u64 = 64 << 20;
/// Configurations of a revision that are read: their files are open at once.
const CONFIGS: usize = 4_000;
/// Files that are open at once, where it is not for the configurations.
const OPEN_AT_ONCE: usize = 2_000;

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
        let mut held = Vec::with_capacity(small.len());
        let mut left = small.into_iter().peekable();
        while left.peek().is_some() {
            let batch = left.by_ref().take(OPEN_AT_ONCE).collect();
            held.append(&mut self.fetch_together(&located, &revision, batch).await?);
        }
        held.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
        self.scan_together(&located, &revision, held, all).await
    }

    /// The files to fetch now, and the whole list for the repository rules.
    pub(crate) async fn split(
        &self,
        db: &mut weighbridge_store::Queries,
        revision: &RevisionRow,
    ) -> Result<(Vec<FileRow>, Vec<RepositoryFile>), Refused> {
        let settings = &self.0.settings;
        let (mut small, mut all) = (Vec::new(), Vec::new());
        let (mut total_bytes, mut configs_bytes, mut configs) = (0_u64, 0_u64, 0);
        let mut after: Option<RepoPath> = None;
        loop {
            let page = FilePage { folder: "", after: after.as_ref(), limit: 5_000 };
            let rows = db.list_files(&revision.id, &page).await?;
            let Some(last) = rows.last() else { return Ok((small, all)) };
            after = Some(last.path.clone());
            for row in rows {
                all.push(RepositoryFile { path: row.path.clone(), size_bytes: row.size_bytes });
                let (total, most, fits) = if is_config(&row.path) {
                    configs += 1;
                    let fits = row.size_bytes <= CONFIG_BYTES && configs <= CONFIGS;
                    (&mut configs_bytes, CONFIGS_BYTES, fits)
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

    async fn scan_together(
        &self,
        located: &Located,
        revision: &RevisionRow,
        rows: Vec<(FileRow, Digest)>,
        all: Vec<RepositoryFile>,
    ) -> Result<(), Refused> {
        let name = self.judge_name(&located.artifact, &all).await?;
        let (mut batch, rest): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|(row, _)| is_config(&row.path));
        let mut rest = rest.into_iter();
        batch.extend(rest.by_ref().take(OPEN_AT_ONCE.saturating_sub(batch.len())));
        // The rules over repositories read the configurations: they come with the whole list.
        let job = ScanJob { inputs: self.open_all(&batch).await?, repository: Some(all) };
        let mut answer = self.scan(job).await?;
        let repository = self.seen_together(&revision.id, &answer, name);
        let mut examined = Vec::new();
        let mut sandboxed = true;
        loop {
            sandboxed &= answer.sandbox.is_complete();
            examined.extend(batch.into_iter().zip(answer.outcomes).filter_map(reported));
            batch = rest.by_ref().take(OPEN_AT_ONCE).collect();
            if batch.is_empty() {
                break;
            }
            let job = ScanJob { inputs: self.open_all(&batch).await?, repository: None };
            answer = self.scan(job).await?;
        }
        examined.sort_by(|one, other| one.path.cmp(&other.path));
        self.judge(located, revision, &examined, Some(&repository), sandboxed).await
    }

    async fn open_all(&self, rows: &[(FileRow, Digest)]) -> Result<Vec<ScanInput>, Refused> {
        let mut inputs = Vec::with_capacity(rows.len());
        for (row, digest) in rows {
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
        Ok(inputs)
    }
}

/// What the scanner says of a file. A whole file that it wants more of is one that it did not judge.
fn reported(((row, digest), outcome): ((FileRow, Digest), ScanOutcome)) -> Option<Examined> {
    let ScanOutcome::Report(report) = outcome else { return None };
    let git_oid = own_oid(&row);
    Some(Examined { git_oid, path: row.path, size_bytes: row.size_bytes, digest, report })
}
