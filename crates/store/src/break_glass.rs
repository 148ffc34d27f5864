//! Break-glass: rules lifted for some artifacts, for hours, until somebody has looked at it.

use weighbridge_domain::{BreakGlass, Environment, RepoPattern, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

/// One break-glass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlassRow {
    /// A ULID.
    pub id: String,
    /// For which artifacts.
    pub pattern: RepoPattern,
    /// Why.
    pub because: String,
    /// Who, where, until when.
    pub glass: BreakGlass,
    /// What whoever closed it found.
    pub review: Option<String>,
}

impl Record for BreakGlassRow {
    const TABLE: &'static str = "break_glass";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<BreakGlassRow, BadColumn> {
        let confirmed_at = row.optional_moment("confirmed_at")?;
        let closed_at = row.optional_moment("closed_at")?;
        Ok(BreakGlassRow {
            id: row.text("id")?,
            pattern: row.parsed("pattern")?,
            because: row.text("because")?,
            glass: BreakGlass {
                environment: row.parsed("environment")?,
                opened_by: row.text("opened_by")?,
                opened_role: row.parsed("opened_role")?,
                opened_at: row.moment("opened_at")?,
                needs_second: row.flag("needs_second")?,
                confirmed: row.optional_text("confirmed_by")?.zip(confirmed_at),
                expires_at: row.moment("expires_at")?,
                closed: row.optional_text("closed_by")?.zip(closed_at),
            },
            review: row.optional_text("review")?,
        })
    }
}

impl Queries {
    /// The break-glass with that id.
    pub async fn find_break_glass(
        &mut self,
        id: &str,
    ) -> Result<Option<BreakGlassRow>, StoreError> {
        const SQL: &str = "
            SELECT id, pattern, environment, because, opened_by, opened_role, opened_at,
                needs_second, confirmed_by, confirmed_at, expires_at, closed_by, closed_at, review
            FROM break_glass
            WHERE id = $1";
        self.db.fetch_optional(SQL, args![id]).await
    }

    /// Those that lift rules in an environment now, the oldest first.
    pub async fn list_break_glass_in_force(
        &mut self,
        environment: &Environment,
        now: Timestamp,
    ) -> Result<Vec<BreakGlassRow>, StoreError> {
        const SQL: &str = "
            SELECT id, pattern, environment, because, opened_by, opened_role, opened_at,
                needs_second, confirmed_by, confirmed_at, expires_at, closed_by, closed_at, review
            FROM break_glass
            WHERE environment = $1 AND expires_at > $2 AND closed_at IS NULL
                AND (needs_second = 0 OR confirmed_at IS NOT NULL)
            ORDER BY id";
        self.db.fetch_all(SQL, args![environment, now]).await
    }

    /// Those that nobody has closed and that are open, or were: somebody has to look at them.
    pub async fn list_break_glass_unclosed(
        &mut self,
        now: Timestamp,
    ) -> Result<Vec<BreakGlassRow>, StoreError> {
        const SQL: &str = "
            SELECT id, pattern, environment, because, opened_by, opened_role, opened_at,
                needs_second, confirmed_by, confirmed_at, expires_at, closed_by, closed_at, review
            FROM break_glass
            WHERE closed_at IS NULL
                AND (needs_second = 0 OR confirmed_at IS NOT NULL OR expires_at > $1)
            ORDER BY id";
        self.db.fetch_all(SQL, args![now]).await
    }

    /// Those that have ended without anybody having been told, the oldest first.
    pub async fn list_break_glass_ended(
        &mut self,
        now: Timestamp,
    ) -> Result<Vec<BreakGlassRow>, StoreError> {
        const SQL: &str = "
            SELECT id, pattern, environment, because, opened_by, opened_role, opened_at,
                needs_second, confirmed_by, confirmed_at, expires_at, closed_by, closed_at, review
            FROM break_glass
            WHERE expires_at <= $1 AND closed_at IS NULL AND expiry_told_at IS NULL
                AND (needs_second = 0 OR confirmed_at IS NOT NULL)
            ORDER BY id
            LIMIT 100";
        self.db.fetch_all(SQL, args![now]).await
    }

    /// Every one there ever was, the newest first, from before `before` on.
    pub async fn list_break_glass(
        &mut self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<BreakGlassRow>, StoreError> {
        const SQL: &str = "
            SELECT id, pattern, environment, because, opened_by, opened_role, opened_at,
                needs_second, confirmed_by, confirmed_at, expires_at, closed_by, closed_at, review
            FROM break_glass
            WHERE id < $1 OR $1 = ''
            ORDER BY id DESC
            LIMIT $2";
        self.db.fetch_all(SQL, args![before.unwrap_or_default(), limit]).await
    }
}

impl WriteTx {
    /// Adds one.
    pub async fn insert_break_glass(&mut self, row: &BreakGlassRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO break_glass (id, pattern, environment, because, opened_by, opened_role,
                opened_at, needs_second, confirmed_by, confirmed_at, expires_at, expiry_told_at,
                closed_by, closed_at, review)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL, $9, NULL, NULL, NULL, NULL)";
        let glass = &row.glass;
        let given = args![
            &row.id,
            &row.pattern,
            &glass.environment,
            &row.because,
            &glass.opened_by,
            glass.opened_role,
            glass.opened_at,
            glass.needs_second,
            glass.expires_at,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Saves what may change about one: who confirmed it, who closed it.
    pub async fn save_break_glass(&mut self, row: &BreakGlassRow) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE break_glass
            SET confirmed_by = $2, confirmed_at = $3, closed_by = $4, closed_at = $5, review = $6
            WHERE id = $1";
        let (confirmed, closed) = (row.glass.confirmed.as_ref(), row.glass.closed.as_ref());
        let given = args![
            &row.id,
            confirmed.map(|(by, _)| by),
            confirmed.map(|(_, at)| *at),
            closed.map(|(by, _)| by),
            closed.map(|(_, at)| *at),
            row.review.as_ref(),
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Says that people were told of its end; false when they were before.
    pub async fn tell_break_glass_ended(
        &mut self,
        id: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            UPDATE break_glass SET expiry_told_at = $2
            WHERE id = $1 AND expiry_told_at IS NULL AND closed_at IS NULL";
        Ok(self.db.execute(SQL, args![id, at]).await? == 1)
    }
}
