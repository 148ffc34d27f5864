//! The door: what a caller may know of and have. Every protocol comes through here.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use weighbridge_domain::{Caller, CommitId, Custody, RepoPath, Timestamp, Verdict};
use weighbridge_store::{FilePage, FileRow, Queries, RevisionRow, StoreError};

use crate::Engine;
use crate::admit::locate::Located;
use crate::admit::{Ask, Card, FileView, Refused, RevisionView, Standing};

/// How long a view that cannot go stale is kept.
const VIEW_LASTS: Duration = Duration::from_mins(10);
/// How long a held view is kept before it is looked at again.
const UNSURE_VIEW_LASTS: Duration = Duration::from_secs(10);
/// How long a stale view is kept before upstream is asked again: an upstream that says nothing costs
/// its time-outs each time.
const STALE_VIEW_LASTS: Duration = Duration::from_mins(1);
/// The longest a caller of a file is told to wait.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

impl Engine {
    /// Resolves an ask for a caller: the canonical artifact, its commit, and what policy says for the
    /// caller's environment. Waits while the revision is listed and its small files are judged; where the
    /// ask meant something before, not longer than a caller of a file would.
    ///
    /// The view may be denied or held: [`RevisionView::allowed`] says so.
    pub async fn open_revision(
        &self,
        caller: &Caller,
        ask: &Ask,
    ) -> Result<Arc<RevisionView>, Refused> {
        match self.open_by(caller, ask, Instant::now() + self.0.settings.hold).await? {
            Opening::Done(view) => Ok(view),
            Opening::GoesOn(work) => work.await.map_err(Refused::internal)?,
        }
    }

    async fn open_anew(&self, caller: &Caller, ask: &Ask) -> Result<Arc<RevisionView>, Refused> {
        let now = self.0.settings.clock.now();
        let began_under = self.generation().await?;
        let (mut located, resolved, revision) = self.find_resolved(caller, ask).await?;
        self.examine_small(&located, &revision, &caller.environment).await?;
        // Read before the view is made: a change in between makes the view unusable, not wrong.
        let generation = self.generation().await?;
        if generation != began_under {
            // All this can take minutes: the name or its source may be prohibited by now.
            located = self.located(ask, &located.id).await?;
            check_entitled(caller, &located.artifact, located.restricted)?;
        }
        let view = self.view(&located, &revision, &caller.environment, resolved.stale).await?;
        let lasts = match (view.stale, view.allowed().is_ok()) {
            (true, _) => STALE_VIEW_LASTS,
            (false, false) => UNSURE_VIEW_LASTS,
            (false, true) => VIEW_LASTS,
        };
        let holds_until = view.holds_until.unwrap_or(resolved.believed_until);
        let until = now.plus(lasts).min(resolved.believed_until).min(holds_until);
        let view = Arc::new(view);
        let key = (ask.clone(), caller.environment.clone());
        self.0.views.keep_revision(key, generation, &view, until);
        Ok(view)
    }

    /// Resolves an ask and lists its files, whatever policy says of them.
    pub(crate) async fn find_listed(
        &self,
        caller: &Caller,
        ask: &Ask,
    ) -> Result<(Located, RevisionRow), Refused> {
        let (located, _, revision) = self.find_resolved(caller, ask).await?;
        Ok((located, revision))
    }

    async fn find_resolved(
        &self,
        caller: &Caller,
        ask: &Ask,
    ) -> Result<(Located, Resolved, RevisionRow), Refused> {
        let (located, info) = self.locate(ask).await?;
        check_entitled(caller, &located.artifact, located.restricted)?;
        let (located, resolved) = self.resolve(located, ask, info).await?;
        check_entitled(caller, &located.artifact, located.restricted)?;
        let revision = self.listed(&located, &resolved).await?;
        Ok((located, resolved, revision))
    }

    /// What an ask meant when upstream was last asked, if its files are listed and judged.
    async fn open_known(
        &self,
        caller: &Caller,
        ask: &Ask,
    ) -> Result<Option<Arc<RevisionView>>, Refused> {
        let generation = self.generation().await?;
        let mut db = self.0.store.read().await?;
        let Some(row) = db.find_artifact(&ask.artifact).await? else { return Ok(None) };
        let Some(known) = db.find_ref(&row.id, &ask.revision).await? else { return Ok(None) };
        let Some(revision) = db.find_revision(&row.id, &known.commit).await? else {
            return Ok(None);
        };
        if db.find_held_repository_scan(&revision.id, &self.0.ruleset).await?.is_none() {
            return Ok(None);
        }
        drop(db);
        let located = self.located(ask, &row.id).await?;
        check_entitled(caller, &located.artifact, located.restricted)?;
        let view = Arc::new(self.view(&located, &revision, &caller.environment, true).await?);
        let until = self.0.settings.clock.now().plus(STALE_VIEW_LASTS);
        let until = view.holds_until.map_or(until, |end| end.min(until));
        let key = (ask.clone(), caller.environment.clone());
        self.0.views.keep_revision(key, generation, &view, until);
        Ok(Some(view))
    }

    /// Finds one file of a revision the caller may have. Clients of files have little patience: at
    /// `until` the caller is told when to ask again, and the work goes on.
    pub async fn open_file(
        &self,
        caller: &Caller,
        ask: &Ask,
        path: &RepoPath,
        until: Instant,
    ) -> Result<(Arc<RevisionView>, Arc<FileView>), Refused> {
        let view = self.open_soon(caller, ask, until).await?;
        view.allowed()?;
        match self.find_file(&view, path).await? {
            Some(file) => Ok((view, file)),
            None => Err(Refused::NoSuchFile {
                artifact: view.artifact.clone(),
                commit: view.commit.clone(),
                path: path.clone(),
            }),
        }
    }

    async fn open_soon(
        &self,
        caller: &Caller,
        ask: &Ask,
        until: Instant,
    ) -> Result<Arc<RevisionView>, Refused> {
        match self.open_by(caller, ask, until).await? {
            Opening::Done(view) => Ok(view),
            Opening::GoesOn(_) => {
                let hold = self.0.settings.hold;
                let began = Instant::now().checked_sub(hold).unwrap_or_else(Instant::now);
                let since = self.0.waits.get_with(ask.clone(), || began).elapsed();
                let retry_after = since.clamp(hold, LONGEST_WAIT);
                Err(Refused::Pending { artifact: ask.artifact.clone(), retry_after })
            }
        }
    }

    /// What an ask means, when that is known by `until`; else what it meant before; else the work.
    async fn open_by(
        &self,
        caller: &Caller,
        ask: &Ask,
        until: Instant,
    ) -> Result<Opening, Refused> {
        if let Some(view) = self.prepared(caller, ask).await? {
            return Ok(Opening::Done(view));
        }
        let (engine, asking, own) = (self.clone(), caller.clone(), ask.clone());
        let mut work = tokio::spawn(async move { engine.open_anew(&asking, &own).await });
        if let Ok(opened) = tokio::time::timeout_at(until, &mut work).await {
            self.0.waits.remove(ask);
            return opened.map_err(Refused::internal)?.map(Opening::Done);
        }
        // Upstream does not say whether the branch has moved: what was served goes on being served, and
        // the question goes on being asked.
        let Some(view) = self.open_known(caller, ask).await? else {
            return Ok(Opening::GoesOn(work));
        };
        self.0.silent.insert(view.source.clone(), ());
        Ok(Opening::Done(view))
    }

    /// The view prepared for an ask, if it still holds.
    async fn prepared(
        &self,
        caller: &Caller,
        ask: &Ask,
    ) -> Result<Option<Arc<RevisionView>>, Refused> {
        let generation = self.generation().await?;
        let key = (ask.clone(), caller.environment.clone());
        let Some(view) = self.0.views.revision(&key, generation, self.0.settings.clock.now())
        else {
            return Ok(None);
        };
        check_entitled(caller, &view.artifact, view.restricted)?;
        Ok(Some(view))
    }

    /// One file of a revision, whatever policy says.
    pub async fn find_file(
        &self,
        view: &RevisionView,
        path: &RepoPath,
    ) -> Result<Option<Arc<FileView>>, Refused> {
        let generation = self.generation().await?;
        let key = (view.id.clone(), path.clone());
        if let Some(file) = self.0.views.file(&key, generation) {
            return Ok(Some(file));
        }
        let mut db = self.0.store.read().await?;
        let Some(row) = db.find_file(&view.id, path).await? else { return Ok(None) };
        let file = Arc::new(self.file_view(&mut db, row).await?);
        // Every other standing ends, and the end of most changes no other answer.
        if matches!(file.standing, Standing::Released(_)) {
            self.0.views.keep_file(key, generation, &file);
        }
        Ok(Some(file))
    }

    /// The files below `folder` (empty for all), by path, from after `after` on. Their standing is
    /// not looked up.
    pub async fn list_files(
        &self,
        view: &RevisionView,
        folder: &str,
        after: Option<&RepoPath>,
        limit: u32,
    ) -> Result<Vec<FileView>, Refused> {
        let mut db = self.0.store.read().await?;
        let rows = db.list_files(&view.id, &FilePage { folder, after, limit }).await?;
        Ok(rows.into_iter().map(|row| view_of(row, Standing::NotHere)).collect())
    }

    /// A file with its standing: what its custody is, and what the scanner said of it as what it is
    /// called.
    async fn file_view(&self, db: &mut Queries, row: FileRow) -> Result<FileView, StoreError> {
        let Some(digest) = row.digest else { return Ok(view_of(row, Standing::NotHere)) };
        let scan = db.find_held_scan(digest, &row.path.extension(), &self.0.ruleset).await?;
        let blob = db.find_blob(digest).await?;
        let standing = match blob.map(|blob| blob.custody) {
            None => Standing::NotHere,
            Some(Custody::Rejected | Custody::Recalled) => Standing::Rejected(digest),
            Some(Custody::Quarantined) => Standing::Held(digest),
            Some(Custody::Released) => match scan.map(|scan| scan.report.verdict()) {
                None => Standing::Held(digest),
                Some(Verdict::Dangerous) => Standing::Rejected(digest),
                Some(Verdict::Clean | Verdict::Review | Verdict::Unknown) => {
                    Standing::Released(digest)
                }
            },
        };
        Ok(view_of(row, standing))
    }
}

/// Entitlement is the caller's own: that the cache holds a gated repository changes nothing.
fn check_entitled(
    caller: &Caller,
    artifact: &weighbridge_domain::Artifact,
    restricted: bool,
) -> Result<(), Refused> {
    if restricted && !caller.is_entitled_to(artifact) {
        return Err(Refused::NotEntitled(artifact.clone()));
    }
    Ok(())
}

fn view_of(row: FileRow, standing: Standing) -> FileView {
    FileView {
        path: row.path,
        size_bytes: row.size_bytes,
        git_oid: row.git_oid,
        lfs: row.lfs,
        standing,
    }
}

/// How far the opening of a revision has come.
enum Opening {
    Done(Arc<RevisionView>),
    GoesOn(JoinHandle<Result<Arc<RevisionView>, Refused>>),
}

/// A commit with what was learned on the way to it.
pub(crate) struct Resolved {
    pub(crate) commit: CommitId,
    pub(crate) info: Option<Card>,
    pub(crate) stale: bool,
    pub(crate) believed_until: Timestamp,
}
