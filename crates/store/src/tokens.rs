//! Access tokens, as digests.

use weighbridge_domain::{Environment, RepoPattern, Role, Timestamp, TokenDigest};

use crate::db::{BadColumn, Record, Row, args};
use crate::scans::to_json;
use crate::{Queries, Store, StoreError, WriteTx};

/// What is known of a token; never the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// A ULID.
    pub id: String,
    /// What people call it. Two active tokens never share a name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The environment it belongs to.
    pub environment: Environment,
    /// Gated and private repositories its holder may have.
    pub entitled_to: Vec<RepoPattern>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The account it acts for.
    pub account_id: Option<String>,
    /// The service it acts for.
    pub service: Option<String>,
    /// When it was last used, to some minutes.
    pub last_used_at: Option<Timestamp>,
}

impl Record for TokenRow {
    const TABLE: &'static str = "token";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<TokenRow, BadColumn> {
        let patterns: Vec<String> = row.json("entitled")?;
        let entitled_to = patterns.iter().map(|pattern| pattern.parse()).collect::<Result<_, _>>();
        Ok(TokenRow {
            id: row.text("id")?,
            name: row.text("name")?,
            role: row.parsed("role")?,
            environment: row.parsed("environment")?,
            entitled_to: entitled_to.map_err(|error| BadColumn::new("entitled", error))?,
            created_at: row.moment("created_at")?,
            expires_at: row.optional_moment("expires_at")?,
            revoked_at: row.optional_moment("revoked_at")?,
            account_id: row.optional_text("account_id")?,
            service: row.optional_text("service")?,
            last_used_at: row.optional_moment("last_used_at")?,
        })
    }
}

impl Queries {
    /// The token with that digest, when it is neither revoked nor past its end.
    pub async fn find_active_token(
        &mut self,
        digest: TokenDigest,
        now: Timestamp,
    ) -> Result<Option<TokenRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, role, environment, entitled, created_at, expires_at, revoked_at,
                account_id, service, last_used_at
            FROM token
            WHERE digest = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)";
        self.db.fetch_optional(SQL, args![digest, now]).await
    }

    /// The token of that name that is not revoked; it may be past its end.
    pub async fn find_token_by_name(&mut self, name: &str) -> Result<Option<TokenRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, role, environment, entitled, created_at, expires_at, revoked_at,
                account_id, service, last_used_at
            FROM token
            WHERE name = $1 AND revoked_at IS NULL";
        self.db.fetch_optional(SQL, args![name]).await
    }

    /// The token with that id, revoked or not.
    pub async fn find_token(&mut self, id: &str) -> Result<Option<TokenRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, role, environment, entitled, created_at, expires_at, revoked_at,
                account_id, service, last_used_at
            FROM token
            WHERE id = $1";
        self.db.fetch_optional(SQL, args![id]).await
    }

    /// Every token ever made, the oldest first.
    pub async fn list_tokens(&mut self) -> Result<Vec<TokenRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, role, environment, entitled, created_at, expires_at, revoked_at,
                account_id, service, last_used_at
            FROM token
            ORDER BY id";
        self.db.fetch_all(SQL, args![]).await
    }

    /// Every token of an account, the oldest first.
    pub async fn list_tokens_of(&mut self, account_id: &str) -> Result<Vec<TokenRow>, StoreError> {
        const SQL: &str = "
            SELECT id, name, role, environment, entitled, created_at, expires_at, revoked_at,
                account_id, service, last_used_at
            FROM token
            WHERE account_id = $1
            ORDER BY id";
        self.db.fetch_all(SQL, args![account_id]).await
    }
}

impl Store {
    /// Notes when a token was used. Nothing changed that a record could say.
    pub async fn note_token_used(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE token SET last_used_at = $2
            WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
        let mut tx = self.write().await?;
        tx.db.execute(SQL, args![id, at]).await?;
        tx.commit_unrecorded().await
    }
}

impl WriteTx {
    /// Adds a token. An active one of the same name is a conflict.
    pub async fn insert_token(
        &mut self,
        row: &TokenRow,
        digest: TokenDigest,
    ) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO token (id, digest, name, role, environment, entitled, created_at,
                expires_at, revoked_at, account_id, service)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let entitled: Vec<&str> = row.entitled_to.iter().map(RepoPattern::as_str).collect();
        let given = args![
            &row.id,
            digest,
            &row.name,
            row.role,
            &row.environment,
            to_json(&entitled)?,
            row.created_at,
            row.expires_at,
            row.revoked_at,
            row.account_id.as_deref(),
            row.service.as_deref(),
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Revokes every token of an account; answers how many there were.
    pub async fn revoke_tokens_of(
        &mut self,
        account_id: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        const SQL: &str =
            "UPDATE token SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL";
        self.db.execute(SQL, args![account_id, at]).await
    }

    /// Revokes a token; false when there is none or it was revoked before.
    pub async fn revoke_token(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        Ok(self.db.execute(SQL, args![id, at]).await? == 1)
    }
}
