//! Branches and tags, and where they pointed when they were last looked at.

use weighbridge_domain::{CommitId, RevisionSpec, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, Store, StoreError, WriteTx};

/// A name that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefRow {
    /// Whose branch or tag it is.
    pub artifact_id: String,
    /// Its name.
    pub name: RevisionSpec,
    /// Where it points.
    pub commit: CommitId,
    /// When upstream last said so.
    pub checked_at: Timestamp,
}

impl Record for RefRow {
    const TABLE: &'static str = "moving_ref";
    const KEY: &'static [&'static str] = &["artifact_id", "name"];

    fn read(row: Row<'_>) -> Result<RefRow, BadColumn> {
        Ok(RefRow {
            artifact_id: row.text("artifact_id")?,
            name: row.parsed("name")?,
            commit: row.parsed("commit_id")?,
            checked_at: row.moment("checked_at")?,
        })
    }
}

impl Queries {
    /// Where a branch or tag pointed when it was last looked at.
    pub async fn find_ref(
        &mut self,
        artifact_id: &str,
        name: &RevisionSpec,
    ) -> Result<Option<RefRow>, StoreError> {
        const SQL: &str = "
            SELECT artifact_id, name, commit_id, checked_at
            FROM moving_ref
            WHERE artifact_id = $1 AND name = $2";
        self.db.fetch_optional(SQL, args![artifact_id, name.as_str()]).await
    }

    /// The branches and tags of an artifact that somebody asked for.
    pub async fn list_refs(&mut self, artifact_id: &str) -> Result<Vec<RefRow>, StoreError> {
        const SQL: &str = "
            SELECT artifact_id, name, commit_id, checked_at
            FROM moving_ref
            WHERE artifact_id = $1
            ORDER BY name";
        self.db.fetch_all(SQL, args![artifact_id]).await
    }
}

impl WriteTx {
    /// Records where a branch or tag points.
    pub async fn set_ref(&mut self, row: &RefRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO moving_ref (artifact_id, name, commit_id, checked_at)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (artifact_id, name)
            DO UPDATE SET commit_id = excluded.commit_id, checked_at = excluded.checked_at";
        let RefRow { artifact_id, name, commit, checked_at } = row;
        let given = args![artifact_id, name.as_str(), commit, *checked_at];
        self.db.execute(SQL, given).await.map(drop)
    }
}

impl Store {
    /// Notes that a branch or tag still points where it did. Nothing changed, so there is no
    /// record; false when it points elsewhere in the store.
    pub async fn confirm_ref(&self, row: &RefRow) -> Result<bool, StoreError> {
        const SQL: &str = "
            UPDATE moving_ref SET checked_at = $4
            WHERE artifact_id = $1 AND name = $2 AND commit_id = $3 AND checked_at <= $4";
        let RefRow { artifact_id, name, commit, checked_at } = row;
        let mut tx = self.write().await?;
        let given = args![artifact_id, name.as_str(), commit, *checked_at];
        let confirmed = tx.db.execute(SQL, given).await? == 1;
        tx.commit_unrecorded().await?;
        Ok(confirmed)
    }
}
