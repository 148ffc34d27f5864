//! Handles: one that reads, one that changes. A change commits with its record or not at all.

use std::ops::{Deref, DerefMut};

use weighbridge_domain::{Digest, Timestamp};

use crate::StoreError;
use crate::db::{Db, args};
use crate::ledger::{LedgerHead, frontier_text};

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
    queries: Queries,
    head: Option<LedgerHead>,
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
        &self.queries
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut Queries {
        &mut self.queries
    }
}

impl WriteTx {
    pub(crate) fn new(queries: Queries) -> WriteTx {
        WriteTx { queries, head: None }
    }

    /// The ledger as it stands; nobody else appends to it until this change ends.
    pub async fn lock_head(&mut self) -> Result<LedgerHead, StoreError> {
        // The update does nothing but take the row's lock, which makes writers wait on PostgreSQL.
        const SQL: &str = "
            UPDATE ledger_head SET size = size WHERE id = 1
            RETURNING id, size, frontier, root";
        if let Some(head) = &self.head {
            return Ok(head.clone());
        }
        let head: LedgerHead = self.db.fetch_one(SQL, args![]).await?;
        self.head = Some(head.clone());
        Ok(head)
    }

    /// Appends the record and commits: the only way a change becomes permanent.
    pub async fn commit(mut self, record: LedgerRecord) -> Result<(), StoreError> {
        const APPEND: &str = "
            INSERT INTO ledger_entry (position, at, kind, body, leaf)
            VALUES ($1, $2, $3, $4, $5)";
        const ADVANCE: &str = "
            UPDATE ledger_head SET size = $1, frontier = $2, root = $3
            WHERE id = 1 AND size = $4";
        const KEEP: &str = "INSERT INTO ledger_node (level, position, hash) VALUES ($1, $2, $3)";
        let LedgerRecord { position, at, kind, body, leaf, head, nodes } = record;
        let size = self.lock_head().await?.size;
        let out_of_step = || StoreError::OutOfStep { size, position };
        if position != size || size.checked_add(1) != Some(head.size) {
            return Err(out_of_step());
        }
        let entry = args![position, at, kind, body, leaf];
        self.db.execute(APPEND, entry).await?;
        for node in nodes {
            let given = args![u32::from(node.level), node.position, node.hash];
            self.db.execute(KEEP, given).await?;
        }
        let next = args![head.size, frontier_text(&head.frontier), head.root, size];
        if self.db.execute(ADVANCE, next).await? != 1 {
            return Err(out_of_step());
        }
        self.queries.db.commit().await
    }
}
