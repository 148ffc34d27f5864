//! Writers take turns. Those of one process share a transaction while others wait for their turn, so
//! that one sync of the disk commits what all of them did.
//!
//! Each change lies in a savepoint of its own: one that fails or is given up leaves the others as they
//! were. Whoever leaves with nobody waiting behind commits for all; only then is anybody told that a
//! change was made.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tokio::time::{Duration, Instant, timeout};

use crate::db::{Arg, Args, Db, args, placeholders};
use crate::ledger::{LedgerHead, frontier_text};
use crate::store::{PATIENCE, Pools};
use crate::{LedgerRecord, Queries, StoreError};

/// A transaction is committed when it holds so many changes,
const FULL: usize = 256;
/// or is so old, whoever waits.
const OLD: Duration = Duration::from_millis(10);
/// How many rows are inserted by one statement; the texts for each are kept prepared.
const ROWS: [usize; 3] = [64, 8, 1];

/// The one place where changes are made in this process.
#[derive(Clone)]
pub(crate) struct Turns {
    group: Arc<Mutex<Group>>,
    waiting: Arc<AtomicUsize>,
}

/// One writer's turn: a change under way. Dropped before it is kept, it is undone.
pub(crate) struct Turn {
    group: OwnedMutexGuard<Group>,
    turns: Turns,
    is_kept: bool,
}

/// The changes that will be committed together.
struct Group {
    pools: Pools,
    queries: Queries,
    /// Whether there is a transaction.
    is_open: bool,
    /// Whether there is a savepoint: the first change needs none.
    has_savepoint: bool,
    /// Whether a change was begun and neither kept nor undone.
    is_begun: bool,
    opened_at: Instant,
    /// The size of the ledger in the database.
    stored_size: u64,
    /// The ledger with the records below.
    head: LedgerHead,
    records: Vec<LedgerRecord>,
    /// Who waits to hear that its change is on disk.
    callers: Vec<oneshot::Sender<Result<(), StoreError>>>,
}

impl std::fmt::Debug for Turns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Turns")
    }
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Turn")
    }
}

impl Turns {
    pub(crate) fn new(pools: Pools) -> Turns {
        let head = LedgerHead::empty();
        let group = Group {
            pools,
            queries: Queries { db: Db::none() },
            is_open: false,
            has_savepoint: false,
            is_begun: false,
            opened_at: Instant::now(),
            stored_size: 0,
            head,
            records: Vec::new(),
            callers: Vec::new(),
        };
        Turns { group: Arc::new(Mutex::new(group)), waiting: Arc::default() }
    }

    /// Waits for a turn and begins a change.
    pub(crate) async fn begin(&self) -> Result<Turn, StoreError> {
        // A task, so that a caller who goes away never leaves a half-begun transaction: the turn is
        // then taken and dropped.
        let turns = self.clone();
        let began = tokio::spawn(async move { turns.take().await });
        began.await.unwrap_or_else(|error| Err(StoreError::Other(error.to_string())))
    }

    async fn take(self) -> Result<Turn, StoreError> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let taken = timeout(PATIENCE, Arc::clone(&self.group).lock_owned()).await;
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        let Ok(mut group) = taken else {
            // The one before may have counted on us to commit for it.
            self.tidy_up();
            return Err(StoreError::Busy("another change takes too long".to_owned()));
        };
        group.begin().await?;
        Ok(Turn { group, turns: self, is_kept: false })
    }

    /// Commits what is kept and undoes what is not, as soon as it is possible.
    fn tidy_up(&self) {
        let turns = self.clone();
        // Without a runtime the process ends, and with it what was not committed.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { turns.group.lock().await.finish().await });
        }
    }

    /// Finishes what is under way and gives the connection back.
    pub(crate) async fn close(&self) {
        let mut group = self.group.lock().await;
        group.finish().await;
        // Back to its pool, which closes it after the readers: the last to close moves what the
        // write-ahead log holds into the database, and one that only reads could not.
        group.queries.db = Db::none();
    }

    /// Whether the one whose turn it is has to commit: nobody behind will.
    fn is_last(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0
    }
}

impl Turn {
    pub(crate) fn queries(&self) -> &Queries {
        &self.group.queries
    }

    pub(crate) fn queries_mut(&mut self) -> &mut Queries {
        &mut self.group.queries
    }

    /// The ledger with everything kept so far.
    pub(crate) fn head(&self) -> &LedgerHead {
        &self.group.head
    }

    /// Ends the change as one that happened; answers when it is on disk. Once begun it is finished,
    /// whoever goes away.
    pub(crate) async fn keep(mut self, record: Option<LedgerRecord>) -> Result<(), StoreError> {
        if self.group.queries.db.has_failed() {
            return Err(StoreError::Other("a statement of this change failed".to_owned()));
        }
        let (caller, told) = oneshot::channel();
        self.group.keep(record, caller);
        self.is_kept = true;
        if self.turns.is_last() || self.group.is_due() {
            tokio::spawn(async move { self.group.finish().await });
        } else {
            drop(self);
        }
        let lost = || Err(StoreError::Unavailable("it was closed meanwhile".to_owned()));
        told.await.unwrap_or_else(|_| lost())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_kept && self.turns.is_last() {
            self.turns.tidy_up();
        }
    }
}

impl Group {
    /// Begins a change, in the transaction that is open or in a new one.
    async fn begin(&mut self) -> Result<(), StoreError> {
        const FIRST: &str = "SAVEPOINT change";
        const NEXT: &str = "RELEASE SAVEPOINT change; SAVEPOINT change";
        if self.is_begun {
            self.undo().await;
        }
        let began = if !self.is_open {
            self.open().await
        } else if self.has_savepoint {
            self.queries.db.execute_script(NEXT.to_owned()).await
        } else {
            self.has_savepoint = true;
            self.queries.db.execute(FIRST, args![]).await.map(drop)
        };
        if let Err(error) = began {
            self.give_up(&error).await;
            return Err(error);
        }
        self.is_begun = true;
        self.queries.db.begin_change();
        Ok(())
    }

    async fn open(&mut self) -> Result<(), StoreError> {
        self.is_open = true;
        self.opened_at = Instant::now();
        let is_fresh = self.queries.db.is_none();
        match self.open_transaction().await {
            // One that rested may be dead; a new one is not.
            Err(StoreError::Unavailable(_)) if !is_fresh => {
                self.queries.db.close().await;
                self.open_transaction().await
            }
            done => done,
        }
    }

    async fn open_transaction(&mut self) -> Result<(), StoreError> {
        // The update does nothing but take the row's lock, which makes writers wait on PostgreSQL.
        const LOCK: &str = "
            UPDATE ledger_head SET size = size WHERE id = 1
            RETURNING id, size, frontier, root";
        // A deferred transaction that starts to write later fails at once when another process
        // wrote in between, whatever the busy time-out says.
        const IMMEDIATE: &str = "BEGIN IMMEDIATE";
        if self.queries.db.is_none() {
            self.queries.db = self.pools.writer().await?;
        }
        let begin = if self.queries.db.is_postgres() { "BEGIN" } else { IMMEDIATE };
        self.queries.db.execute(begin, args![]).await?;
        self.head = if self.queries.db.is_postgres() {
            self.queries.db.fetch_one(LOCK, args![]).await?
        } else {
            self.queries.ledger_head().await?
        };
        self.stored_size = self.head.size;
        Ok(())
    }

    fn keep(
        &mut self,
        record: Option<LedgerRecord>,
        caller: oneshot::Sender<Result<(), StoreError>>,
    ) {
        if let Some(record) = record {
            self.head = record.head.clone();
            self.records.push(record);
        }
        self.callers.push(caller);
        self.is_begun = false;
        self.queries.db.end_change();
    }

    fn is_due(&self) -> bool {
        self.callers.len() >= FULL || self.opened_at.elapsed() >= OLD
    }

    /// Undoes the change that was begun, and nothing else.
    async fn undo(&mut self) {
        self.is_begun = false;
        self.queries.db.end_change();
        if !self.has_savepoint {
            // It was the first.
            let lost = StoreError::Other("the change before was given up".to_owned());
            self.give_up(&lost).await;
        } else if let Err(error) =
            self.queries.db.execute("ROLLBACK TO SAVEPOINT change", args![]).await
        {
            // The database has ended the transaction, and with it what the others did in it.
            self.give_up(&error).await;
        }
    }

    /// Commits what was kept; undoes what was only begun.
    async fn finish(&mut self) {
        if self.is_begun {
            self.undo().await;
        }
        if !self.is_open {
            return;
        }
        if self.callers.is_empty() {
            let nothing = StoreError::Other("there is nothing to commit".to_owned());
            return self.give_up(&nothing).await;
        }
        match self.commit().await {
            Ok(()) => {
                self.is_open = false;
                self.has_savepoint = false;
                for caller in self.callers.drain(..) {
                    // One that went away needs no answer.
                    caller.send(Ok(())).ok();
                }
            }
            Err(error) => self.give_up(&error).await,
        }
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        const ADVANCE: &str = "
            UPDATE ledger_head SET size = $1, frontier = $2, root = $3
            WHERE id = 1 AND size = $4";
        let records = std::mem::take(&mut self.records);
        let (head, db) = (&self.head, &mut self.queries.db);
        if let Some(first) = records.first() {
            append(db, &records).await?;
            let next = args![head.size, frontier_text(&head.frontier), head.root, self.stored_size];
            if db.execute(ADVANCE, next).await? != 1 {
                let size = self.stored_size;
                return Err(StoreError::OutOfStep { size, position: first.position });
            }
        }
        db.execute("COMMIT", args![]).await.map(drop)
    }

    /// Ends the transaction without keeping anything of it; whoever waits for it is told why.
    async fn give_up(&mut self, why: &StoreError) {
        self.is_open = false;
        self.has_savepoint = false;
        self.is_begun = false;
        self.records.clear();
        self.queries.db.end_change();
        if self.queries.db.execute("ROLLBACK", args![]).await.is_err() {
            self.queries.db.close().await;
        }
        for caller in self.callers.drain(..) {
            caller.send(Err(why.clone())).ok();
        }
    }
}

/// Inserts the entries, and the tile hashes that they complete.
async fn append(db: &mut Db, records: &[LedgerRecord]) -> Result<(), StoreError> {
    const ENTRY: &str = "INSERT INTO ledger_entry (position, at, kind, body, leaf) VALUES ";
    const NODE: &str = "INSERT INTO ledger_node (level, position, hash) VALUES ";
    insert(db, ENTRY, records, |LedgerRecord { position, at, kind, body, leaf, .. }| {
        args![*position, *at, kind, body, *leaf]
    })
    .await?;
    let nodes: Vec<_> = records.iter().flat_map(|record| &record.nodes).collect();
    insert(db, NODE, &nodes, |node| args![u32::from(node.level), node.position, node.hash]).await
}

/// Inserts many rows with few statements.
async fn insert<'a, T>(
    db: &mut Db,
    into: &str,
    mut rows: &'a [T],
    values: impl Fn(&'a T) -> Args<'a>,
) -> Result<(), StoreError> {
    for size in ROWS {
        while let Some((some, rest)) = rows.split_at_checked(size) {
            let given: Vec<Arg<'_>> = some.iter().flat_map(|row| values(row).0).collect();
            let text = format!("{into}{}", placeholders(size, given.len() / size));
            db.execute_made(text, Args(given), true).await?;
            rows = rest;
        }
    }
    Ok(())
}
