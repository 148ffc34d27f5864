//! Sessions of the console, as digests.

use weighbridge_domain::{Timestamp, TokenDigest};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, Store, StoreError, WriteTx};

/// One session; never its id in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// A ULID.
    pub id: String,
    /// Whose, when it is somebody's with an account.
    pub account_id: Option<String>,
    /// With which token it was opened, when not with a password.
    pub token_id: Option<String>,
    /// From where.
    pub address: String,
    /// With what.
    pub client: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
}

impl Record for SessionRow {
    const TABLE: &'static str = "session";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<SessionRow, BadColumn> {
        Ok(SessionRow {
            id: row.text("id")?,
            account_id: row.optional_text("account_id")?,
            token_id: row.optional_text("token_id")?,
            address: row.text("address")?,
            client: row.text("client")?,
            created_at: row.moment("created_at")?,
            seen_at: row.moment("seen_at")?,
        })
    }
}

impl Queries {
    /// The session with that digest, when nobody ended it. Whether it timed out is for the caller to say.
    pub async fn find_session(
        &mut self,
        digest: TokenDigest,
    ) -> Result<Option<SessionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, account_id, token_id, address, client, created_at, seen_at
            FROM session
            WHERE digest = $1 AND ended_at IS NULL";
        self.db.fetch_optional(SQL, args![digest]).await
    }

    /// The sessions of an account that began after `since` and that nobody ended, the newest first.
    pub async fn list_sessions(
        &mut self,
        account_id: &str,
        since: Timestamp,
    ) -> Result<Vec<SessionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, account_id, token_id, address, client, created_at, seen_at
            FROM session
            WHERE account_id = $1 AND created_at > $2 AND ended_at IS NULL
            ORDER BY id DESC";
        self.db.fetch_all(SQL, args![account_id, since]).await
    }

    /// Whether the account signed in from an address after `since`.
    pub async fn knows_address(
        &mut self,
        account_id: &str,
        address: &str,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            SELECT id, account_id, token_id, address, client, created_at, seen_at
            FROM session
            WHERE account_id = $1 AND address = $2 AND created_at > $3
            ORDER BY id
            LIMIT 1";
        let found: Option<SessionRow> =
            self.db.fetch_optional(SQL, args![account_id, address, since]).await?;
        Ok(found.is_some())
    }
}

impl WriteTx {
    /// Adds a session.
    pub async fn insert_session(
        &mut self,
        row: &SessionRow,
        digest: TokenDigest,
    ) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO session (id, digest, account_id, token_id, address, client, created_at,
                seen_at, ended_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)";
        let given = args![
            &row.id,
            digest,
            row.account_id.as_deref(),
            row.token_id.as_deref(),
            &row.address,
            &row.client,
            row.created_at,
            row.seen_at,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Ends a session; false when it had ended.
    pub async fn end_session(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
        Ok(self.db.execute(SQL, args![id, at]).await? == 1)
    }

    /// Ends every session of an account; answers how many there were.
    pub async fn end_sessions(
        &mut self,
        account_id: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        const SQL: &str =
            "UPDATE session SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL";
        self.db.execute(SQL, args![account_id, at]).await
    }

    /// Forgets sessions that began before `before`.
    pub async fn forget_sessions(&mut self, before: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM session WHERE created_at < $1";
        self.db.execute(SQL, args![before]).await.map(drop)
    }
}

impl Store {
    /// Notes that a session is in use. Nothing changed that a record could say.
    pub async fn note_session_seen(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE session SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
        let mut tx = self.write().await?;
        tx.db.execute(SQL, args![id, at]).await?;
        tx.commit_unrecorded().await
    }
}
