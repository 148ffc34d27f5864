//! The ledger as it is stored: entries, and the head that the next one continues.
//!
//! Writing is in `turns.rs`: an entry is only ever appended by a commit.

use weighbridge_domain::{Digest, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

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

/// What kind of event an entry tells, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryKindRow {
    /// Its place, from 0.
    pub position: u64,
    /// What kind of event.
    pub kind: String,
}

impl Record for EntryKindRow {
    const TABLE: &'static str = "ledger_entry";
    const KEY: &'static [&'static str] = &["position"];

    fn read(row: Row<'_>) -> Result<EntryKindRow, BadColumn> {
        Ok(EntryKindRow { position: row.count("position")?, kind: row.text("kind")? })
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

/// Hashes that lie side by side, read as one text: a row for each would cost more than the hashing.
struct Run {
    from: u64,
    hashes: Vec<Digest>,
}

impl Record for Run {
    const TABLE: &'static str = "ledger hashes";
    const KEY: &'static [&'static str] = &["first"];

    fn read(row: Row<'_>) -> Result<Run, BadColumn> {
        let bad = |why: &str| BadColumn::new("hashes", why);
        let text = row.optional_text("hashes")?.unwrap_or_default();
        let hashes: Result<Vec<Digest>, BadColumn> = text
            .as_bytes()
            .chunks(64)
            .map(|digits| {
                let digits = std::str::from_utf8(digits).map_err(|_| bad("not hexadecimal"))?;
                digits.parse().map_err(|error| BadColumn::new("hashes", error))
            })
            .collect();
        let hashes = hashes?;
        // Without rows there is neither a first nor a last.
        let span = hashes.len().checked_sub(1).map_or(Ok(true), |steps| {
            Ok(row.int("last")? - row.int("first")? == i64::try_from(steps).unwrap_or(-1))
        })?;
        let from = if hashes.is_empty() { 0 } else { row.count("first")? };
        Ok(Run { from, hashes: if span { hashes } else { Vec::new() } })
    }
}

impl Run {
    /// The hashes, when they begin at `from`; one that has a gap has none.
    fn beginning_at(self, from: u64) -> Vec<Digest> {
        if self.from == from { self.hashes } else { Vec::new() }
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

    /// The kinds of entries in their order, the first at `from`. Bodies may be long; these are not.
    pub async fn list_entry_kinds(
        &mut self,
        from: u64,
        limit: u32,
    ) -> Result<Vec<EntryKindRow>, StoreError> {
        const SQL: &str = "
            SELECT position, kind
            FROM ledger_entry
            WHERE position >= $1
            ORDER BY position
            LIMIT $2";
        self.db.fetch_all(SQL, args![from, limit]).await
    }

    /// The hashes of up to `limit` leaves, the first at `from`. None when one is missing among them.
    pub async fn list_leaves(&mut self, from: u64, limit: u32) -> Result<Vec<Digest>, StoreError> {
        const SQL: &str = "
            SELECT MIN(position) AS first, MAX(position) AS last,
                STRING_AGG(leaf, '' ORDER BY position) AS hashes
            FROM (
                SELECT position, leaf FROM ledger_entry
                WHERE position >= $1 ORDER BY position LIMIT $2
            ) AS run";
        let run: Run = self.db.fetch_one(SQL, args![from, limit]).await?;
        Ok(run.beginning_at(from))
    }

    /// The kept roots of up to `limit` subtrees at a level, the first at `from`. None when one is
    /// missing among them.
    pub async fn list_ledger_nodes(
        &mut self,
        level: u8,
        from: u64,
        limit: u32,
    ) -> Result<Vec<Digest>, StoreError> {
        const SQL: &str = "
            SELECT MIN(position) AS first, MAX(position) AS last,
                STRING_AGG(hash, '' ORDER BY position) AS hashes
            FROM (
                SELECT position, hash FROM ledger_node
                WHERE level = $1 AND position >= $2 ORDER BY position LIMIT $3
            ) AS run";
        let run: Run = self.db.fetch_one(SQL, args![u32::from(level), from, limit]).await?;
        Ok(run.beginning_at(from))
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

impl WriteTx {
    /// Takes the body out of an entry and leaves `kept` in its place; false when it was another body.
    pub async fn erase_body(
        &mut self,
        position: u64,
        body: &str,
        kept: &str,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE ledger_entry SET body = $3 WHERE position = $1 AND body = $2";
        Ok(self.db.execute(SQL, args![position, body, kept]).await? == 1)
    }
}
