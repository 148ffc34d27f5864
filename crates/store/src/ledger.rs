//! The ledger as it is stored: entries, and the head that the next one continues.
//!
//! Writing is in `turns.rs`: an entry is only ever appended by a commit.

use weighbridge_domain::{Digest, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{LedgerNode, Queries, StoreError};

/// How large the ledger is, and the hashes that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerHead {
    /// How many entries it has.
    pub size: u64,
    /// The hashes of its complete subtrees, the largest first.
    pub frontier: Vec<Digest>,
    /// The hash of the whole tree.
    pub root: Digest,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Its place, from 0.
    pub position: u64,
    /// When.
    pub at: Timestamp,
    /// What kind of event.
    pub kind: String,
    /// The event.
    pub body: String,
    /// The hash of its leaf.
    pub leaf: Digest,
}

impl LedgerHead {
    /// Of a ledger without entries.
    pub(crate) fn empty() -> LedgerHead {
        LedgerHead { size: 0, frontier: Vec::new(), root: Digest::of(b"") }
    }
}

impl Record for LedgerHead {
    const TABLE: &'static str = "ledger_head";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<LedgerHead, BadColumn> {
        let frontier: Vec<String> = row.json("frontier")?;
        let frontier = frontier.iter().map(|digest| digest.parse()).collect::<Result<_, _>>();
        Ok(LedgerHead {
            size: row.count("size")?,
            frontier: frontier.map_err(|error| BadColumn::new("frontier", error))?,
            root: row.parsed("root")?,
        })
    }
}

impl Record for EntryRow {
    const TABLE: &'static str = "ledger_entry";
    const KEY: &'static [&'static str] = &["position"];

    fn read(row: Row<'_>) -> Result<EntryRow, BadColumn> {
        Ok(EntryRow {
            position: row.count("position")?,
            at: row.moment("at")?,
            kind: row.text("kind")?,
            body: row.text("body")?,
            leaf: row.parsed("leaf")?,
        })
    }
}

impl Record for LedgerNode {
    const TABLE: &'static str = "ledger_node";
    const KEY: &'static [&'static str] = &["level", "position"];

    fn read(row: Row<'_>) -> Result<LedgerNode, BadColumn> {
        let level = u8::try_from(row.count("level")?);
        Ok(LedgerNode {
            level: level.map_err(|error| BadColumn::new("level", error))?,
            position: row.count("position")?,
            hash: row.parsed("hash")?,
        })
    }
}

struct Leaf(Digest);

impl Record for Leaf {
    const TABLE: &'static str = "ledger_entry";
    const KEY: &'static [&'static str] = &["position"];

    fn read(row: Row<'_>) -> Result<Leaf, BadColumn> {
        row.parsed("leaf").map(Leaf)
    }
}

/// A frontier as its column holds it. Hexadecimal digits need no escape.
pub(crate) fn frontier_text(frontier: &[Digest]) -> String {
    let quoted: Vec<String> = frontier.iter().map(|digest| format!("\"{digest}\"")).collect();
    format!("[{}]", quoted.join(","))
}

impl Queries {
    /// The ledger as it stands. Inside a change that will commit, take
    /// [`WriteTx::head`](crate::WriteTx::head).
    pub async fn ledger_head(&mut self) -> Result<LedgerHead, StoreError> {
        const SQL: &str = "SELECT id, size, frontier, root FROM ledger_head WHERE id = 1";
        self.db.fetch_one(SQL, args![]).await
    }

    /// Entries in their order, the first at `from`.
    pub async fn list_entries(
        &mut self,
        from: u64,
        limit: u32,
    ) -> Result<Vec<EntryRow>, StoreError> {
        const SQL: &str = "
            SELECT position, at, kind, body, leaf
            FROM ledger_entry
            WHERE position >= $1
            ORDER BY position
            LIMIT $2";
        self.db.fetch_all(SQL, args![from, limit]).await
    }

    /// The hashes of leaves in their order, the first at `from`.
    pub async fn list_leaves(&mut self, from: u64, limit: u32) -> Result<Vec<Digest>, StoreError> {
        const SQL: &str = "
            SELECT position, leaf
            FROM ledger_entry
            WHERE position >= $1
            ORDER BY position
            LIMIT $2";
        let leaves: Vec<Leaf> = self.db.fetch_all(SQL, args![from, limit]).await?;
        Ok(leaves.into_iter().map(|leaf| leaf.0).collect())
    }

    /// The kept roots of subtrees at a level, in their order, from the one at `from` on. There may be
    /// gaps.
    pub async fn list_ledger_nodes(
        &mut self,
        level: u8,
        from: u64,
        limit: u32,
    ) -> Result<Vec<LedgerNode>, StoreError> {
        const SQL: &str = "
            SELECT level, position, hash
            FROM ledger_node
            WHERE level = $1 AND position >= $2
            ORDER BY position
            LIMIT $3";
        self.db.fetch_all(SQL, args![u32::from(level), from, limit]).await
    }

    /// The last entries, the newest first.
    pub async fn list_last_entries(&mut self, limit: u32) -> Result<Vec<EntryRow>, StoreError> {
        const SQL: &str = "
            SELECT position, at, kind, body, leaf
            FROM ledger_entry
            ORDER BY position DESC
            LIMIT $1";
        self.db.fetch_all(SQL, args![limit]).await
    }
}
