//! Checkpoints: the ledger's root at a size, signed.

use weighbridge_domain::{Digest, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, Store, StoreError};

/// A signed root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointRow {
    /// How many entries the ledger had.
    pub size: u64,
    /// The hash of its tree.
    pub root: Digest,
    /// The signed note.
    pub note: String,
    /// When it was signed.
    pub signed_at: Timestamp,
}

impl Record for CheckpointRow {
    const TABLE: &'static str = "checkpoint";
    const KEY: &'static [&'static str] = &["size"];

    fn read(row: Row<'_>) -> Result<CheckpointRow, BadColumn> {
        Ok(CheckpointRow {
            size: row.count("size")?,
            root: row.parsed("root")?,
            note: row.text("note")?,
            signed_at: row.moment("signed_at")?,
        })
    }
}

impl Queries {
    /// The checkpoint of the largest size.
    pub async fn find_latest_checkpoint(&mut self) -> Result<Option<CheckpointRow>, StoreError> {
        const SQL: &str = "
            SELECT size, root, note, signed_at FROM checkpoint ORDER BY size DESC LIMIT 1";
        self.db.fetch_optional(SQL, args![]).await
    }

    /// The smallest checkpoint that covers `size` entries.
    pub async fn find_checkpoint_covering(
        &mut self,
        size: u64,
    ) -> Result<Option<CheckpointRow>, StoreError> {
        const SQL: &str = "
            SELECT size, root, note, signed_at
            FROM checkpoint
            WHERE size >= $1
            ORDER BY size
            LIMIT 1";
        self.db.fetch_optional(SQL, args![size]).await
    }

    /// Checkpoints by size, the first of at least `from`.
    pub async fn list_checkpoints(
        &mut self,
        from: u64,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        const SQL: &str = "
            SELECT size, root, note, signed_at
            FROM checkpoint
            WHERE size >= $1
            ORDER BY size
            LIMIT $2";
        self.db.fetch_all(SQL, args![from, limit]).await
    }
}

impl Store {
    /// Keeps a checkpoint; the first of a size stays. It says what the ledger says already, so it
    /// has no record: one would make the next checkpoint necessary, for ever.
    pub async fn insert_checkpoint(&self, row: &CheckpointRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO checkpoint (size, root, note, signed_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (size) DO NOTHING";
        let CheckpointRow { size, root, note, signed_at } = row;
        let mut tx = self.write().await?;
        tx.db.execute(SQL, args![*size, *root, note, *signed_at]).await?;
        tx.commit_unrecorded().await
    }
}
