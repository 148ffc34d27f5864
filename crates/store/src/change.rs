//! Handles: one that reads, one that changes. A change commits with its record or not at all.

use std::ops::{Deref, DerefMut};

use weighbridge_domain::{Digest, Timestamp};

use crate::StoreError;
use crate::db::Db;
use crate::ledger::LedgerHead;
use crate::turns::Turn;

/// Everything that can be asked, inside a change or outside. The methods are grouped by table, one
/// file a table.
pub struct Queries {
    pub(crate) db: Db,
}

impl std::fmt::Debug for Queries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Queries")
    }
}

/// Reads. Each statement sees what was committed before it.
#[derive(Debug)]
pub struct Reader(Queries);

/// A change under way. Dropped without [`WriteTx::commit`], it never happened.
#[derive(Debug)]
pub struct WriteTx {
    turn: Turn,
}

/// What the ledger keeps of a change.
#[derive(Clone, Debug)]
pub struct LedgerRecord {
    /// Its place: the size of the ledger before it.
    pub position: u64,
    /// When.
    pub at: Timestamp,
    /// What kind of event.
    pub kind: String,
    /// The event, as its leaf was computed from it.
    pub body: String,
    /// The hash of the leaf.
    pub leaf: Digest,
    /// The head with this record in it.
    pub head: LedgerHead,
    /// The tile hashes that this record completes.
    pub nodes: Vec<LedgerNode>,
}

/// The root of a complete subtree of 256 to the power of `level` entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerNode {
    /// How many tiles above the leaves.
    pub level: u8,
    /// Its place among those of its level, from 0.
    pub position: u64,
    /// The root.
    pub hash: Digest,
}

impl Reader {
    pub(crate) fn new(queries: Queries) -> Reader {
        Reader(queries)
    }
}

impl Deref for Reader {
    type Target = Queries;
    fn deref(&self) -> &Queries {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Queries {
        &mut self.0
    }
}

impl Deref for WriteTx {
    type Target = Queries;
    fn deref(&self) -> &Queries {
        self.turn.queries()
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut Queries {
        self.turn.queries_mut()
    }
}

impl WriteTx {
    pub(crate) fn new(turn: Turn) -> WriteTx {
        WriteTx { turn }
    }

    /// The ledger as this change continues it; nobody else appends to it until this change ends.
    pub fn head(&self) -> &LedgerHead {
        self.turn.head()
    }

    /// Appends the record and commits: the only way a change becomes permanent. It answers when the
    /// change is on disk, maybe together with others.
    pub async fn commit(self, record: LedgerRecord) -> Result<(), StoreError> {
        let size = self.head().size;
        if record.position != size || size.checked_add(1) != Some(record.head.size) {
            return Err(StoreError::OutOfStep { size, position: record.position });
        }
        self.turn.keep(Some(record)).await
    }

    /// Commits without a record, for what changes nothing that a record could say.
    pub(crate) async fn commit_unrecorded(self) -> Result<(), StoreError> {
        self.turn.keep(None).await
    }
}
