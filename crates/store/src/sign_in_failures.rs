//! How often somebody has tried to sign in in vain, and until when the next try waits.

use std::time::Duration;

use weighbridge_domain::Timestamp;

use crate::db::{BadColumn, Record, Row, args};
use crate::{Store, StoreError};

/// What failed under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRow {
    /// How often, since the last success or the last long pause.
    pub failures: u64,
    /// When last.
    pub failed_at: Timestamp,
    /// Until when nobody may try under this key.
    pub wait_until: Timestamp,
}

impl Record for FailureRow {
    const TABLE: &'static str = "sign_in_failure";
    const KEY: &'static [&'static str] = &["key"];

    fn read(row: Row<'_>) -> Result<FailureRow, BadColumn> {
        Ok(FailureRow {
            failures: row.count("failures")?,
            failed_at: row.moment("failed_at")?,
            wait_until: row.moment("wait_until")?,
        })
    }
}

/// A key to count under, and how long the next try waits after so many failures.
pub struct FailureKey<'a> {
    /// The key.
    pub key: &'a str,
    /// The wait after that many failures.
    pub wait: fn(u64) -> Duration,
}

impl Store {
    /// Counts a try as failed under every key, before it is looked at: tries that run side by side cannot
    /// slip through together. Answers until when the next one waits. When a wait is not over, nothing is
    /// counted and its end is the error. It changes what nobody is told, so it has no record.
    pub async fn begin_sign_in(
        &self,
        keys: &[FailureKey<'_>],
        now: Timestamp,
        forget_before: Timestamp,
    ) -> Result<Result<Timestamp, Timestamp>, StoreError> {
        const FORGET: &str = "DELETE FROM sign_in_failure WHERE failed_at < $1";
        // The insert takes the row's lock first, so that two replicas count one after the other.
        const LOCK: &str = "
            INSERT INTO sign_in_failure (key, failures, failed_at, wait_until)
            VALUES ($1, 0, $2, $2)
            ON CONFLICT (key) DO UPDATE SET key = excluded.key
            RETURNING key, failures, failed_at, wait_until";
        const COUNT: &str = "
            UPDATE sign_in_failure SET failures = $2, failed_at = $3, wait_until = $4
            WHERE key = $1";
        let mut keys: Vec<&FailureKey<'_>> = keys.iter().collect();
        keys.sort_by_key(|key| key.key);
        let mut tx = self.write().await?;
        tx.db.execute(FORGET, args![forget_before]).await?;
        let mut rows = Vec::new();
        for key in keys {
            let row: FailureRow = tx.db.fetch_one(LOCK, args![key.key, now]).await?;
            rows.push((key, row));
        }
        if let Some(end) = rows.iter().map(|(_, row)| row.wait_until).max().filter(|end| *end > now)
        {
            return Ok(Err(end));
        }
        let mut next = now;
        for (key, row) in rows {
            let failures = row.failures.saturating_add(1);
            let until = now.plus((key.wait)(failures));
            next = next.max(until);
            tx.db.execute(COUNT, args![key.key, failures, now, until]).await?;
        }
        tx.commit_unrecorded().await?;
        Ok(Ok(next))
    }

    /// Takes back what was counted for a try that succeeded: the first key's count ends, the others' go
    /// back by the one.
    pub async fn end_sign_in(&self, ended: &[&str], lessened: &[&str]) -> Result<(), StoreError> {
        const END: &str = "DELETE FROM sign_in_failure WHERE key = $1";
        const LESSEN: &str = "
            UPDATE sign_in_failure SET failures = failures - 1, wait_until = failed_at
            WHERE key = $1 AND failures > 0";
        let mut tx = self.write().await?;
        for key in ended {
            tx.db.execute(END, args![*key]).await?;
        }
        for key in lessened {
            tx.db.execute(LESSEN, args![*key]).await?;
        }
        tx.commit_unrecorded().await
    }
}
