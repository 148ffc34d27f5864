//! Waivers: rules set aside for some artifacts, for a while.

use weighbridge_domain::{Environment, RepoPattern, Role, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

/// One waiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverRow {
    /// A ULID.
    pub id: String,
    /// The rule that is set aside.
    pub rule: String,
    /// For which artifacts.
    pub pattern: RepoPattern,
    /// In which environment.
    pub environment: Environment,
    /// Why.
    pub because: String,
    /// Who answers for it.
    pub granted_by: String,
    /// In which role: the one that the rule names.
    pub role: Role,
    /// When it was granted.
    pub granted_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Record for WaiverRow {
    const TABLE: &'static str = "waiver";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<WaiverRow, BadColumn> {
        Ok(WaiverRow {
            id: row.text("id")?,
            rule: row.text("rule")?,
            pattern: row.parsed("pattern")?,
            environment: row.parsed("environment")?,
            because: row.text("because")?,
            granted_by: row.text("granted_by")?,
            role: row.parsed("role")?,
            granted_at: row.moment("granted_at")?,
            expires_at: row.moment("expires_at")?,
            revoked_at: row.optional_moment("revoked_at")?,
        })
    }
}

impl Queries {
    /// The waiver with that id.
    pub async fn find_waiver(&mut self, id: &str) -> Result<Option<WaiverRow>, StoreError> {
        const SQL: &str = "
            SELECT id, rule, pattern, environment, because, granted_by, role, granted_at,
                expires_at, revoked_at
            FROM waiver
            WHERE id = $1";
        self.db.fetch_optional(SQL, args![id]).await
    }

    /// The waivers that hold in an environment now, the oldest first.
    pub async fn list_waivers_in_force(
        &mut self,
        environment: &Environment,
        now: Timestamp,
    ) -> Result<Vec<WaiverRow>, StoreError> {
        const SQL: &str = "
            SELECT id, rule, pattern, environment, because, granted_by, role, granted_at,
                expires_at, revoked_at
            FROM waiver
            WHERE environment = $1 AND expires_at > $2 AND revoked_at IS NULL
            ORDER BY id";
        self.db.fetch_all(SQL, args![environment, now]).await
    }

    /// Every waiver there ever was, the newest first, from before `before` on.
    pub async fn list_waivers(
        &mut self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<WaiverRow>, StoreError> {
        const SQL: &str = "
            SELECT id, rule, pattern, environment, because, granted_by, role, granted_at,
                expires_at, revoked_at
            FROM waiver
            WHERE id < $1 OR $1 = ''
            ORDER BY id DESC
            LIMIT $2";
        self.db.fetch_all(SQL, args![before.unwrap_or_default(), limit]).await
    }

    /// Waivers that end by `soon` with half their time over, or have ended, and nobody was told so.
    pub async fn list_ending_waivers(
        &mut self,
        now: Timestamp,
        soon: Timestamp,
        limit: u32,
    ) -> Result<Vec<WaiverRow>, StoreError> {
        const SQL: &str = "
            SELECT id, rule, pattern, environment, because, granted_by, role, granted_at,
                expires_at, revoked_at
            FROM waiver
            WHERE revoked_at IS NULL AND expired_told_at IS NULL AND expires_at <= $2
                AND (expires_at <= $1
                    OR (expiring_told_at IS NULL AND (granted_at + expires_at) / 2 <= $1))
            ORDER BY expires_at, id
            LIMIT $3";
        self.db.fetch_all(SQL, args![now, soon, limit]).await
    }
}

impl WriteTx {
    /// Adds a waiver.
    pub async fn insert_waiver(&mut self, row: &WaiverRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO waiver (id, rule, pattern, environment, because, granted_by, role,
                granted_at, expires_at, revoked_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)";
        let given = args![
            &row.id,
            &row.rule,
            &row.pattern,
            &row.environment,
            &row.because,
            &row.granted_by,
            row.role,
            row.granted_at,
            row.expires_at,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Revokes a waiver; false when there is none or it was revoked before.
    pub async fn revoke_waiver(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE waiver SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        Ok(self.db.execute(SQL, args![id, at]).await? == 1)
    }

    /// Notes that it was told that a waiver ends soon; false when it was told before, or revoked.
    pub async fn set_waiver_expiring_told(
        &mut self,
        id: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            UPDATE waiver SET expiring_told_at = $2
            WHERE id = $1 AND expiring_told_at IS NULL AND expired_told_at IS NULL
                AND revoked_at IS NULL";
        Ok(self.db.execute(SQL, args![id, at]).await? == 1)
    }

    /// Notes that it was told that a waiver has ended; false when it was told before, or revoked.
    pub async fn set_waiver_expired_told(
        &mut self,
        id: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            UPDATE waiver SET expired_told_at = $2
            WHERE id = $1 AND expired_told_at IS NULL AND revoked_at IS NULL";
        Ok(self.db.execute(SQL, args![id, at]).await? == 1)
    }
}
