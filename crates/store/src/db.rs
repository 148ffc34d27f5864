//! One way to run one SQL text on both databases: connection, arguments, rows.
//!
//! The texts keep to what both know; what differs (a NULL's type, the row's type) stays in this
//! folder.

mod args;
mod row;

pub(crate) use args::{Arg, Args, args};
pub(crate) use row::{BadColumn, Number, Record, Row};

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr as _, SqlStr, Sqlite};

use crate::StoreError;

/// A connection to one of the databases, and whether what runs on it can still be kept.
pub(crate) struct Db {
    connection: Connection,
    state: State,
}

enum Connection {
    None,
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// Where statements stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Each is on its own.
    Alone,
    /// They are parts of one change.
    Changing,
    /// One of the change failed. `SQLite` may have ended the transaction at that, and would run what
    /// comes on its own: nothing more of the change may run.
    Failed,
}

/// Runs one expression for whichever database it is, with `$connection` and its arguments at hand.
macro_rules! on_each {
    ($db:expr, $args:expr, |$connection:ident, $given:ident| $run:expr) => {
        match &mut $db.connection {
            Connection::Sqlite(open) => {
                let ($connection, $given) = (&mut **open, $args.for_sqlite()?);
                $run
            }
            Connection::Postgres(open) => {
                let ($connection, $given) = (&mut **open, $args.for_postgres()?);
                $run
            }
            Connection::None => Err(closed()),
        }
    };
}

impl Db {
    /// Connected to nothing.
    pub(crate) fn none() -> Db {
        Db { connection: Connection::None, state: State::Alone }
    }

    pub(crate) fn sqlite(open: PoolConnection<Sqlite>) -> Db {
        Db { connection: Connection::Sqlite(open), state: State::Alone }
    }

    pub(crate) fn postgres(open: PoolConnection<Postgres>) -> Db {
        Db { connection: Connection::Postgres(open), state: State::Alone }
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self.connection, Connection::None)
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.connection, Connection::Postgres(_))
    }

    /// Whether a statement of the change under way failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.state == State::Failed
    }

    /// What runs from here on is one change, until the next of these.
    pub(crate) fn begin_change(&mut self) {
        self.state = State::Changing;
    }

    /// What runs from here on belongs to no change.
    pub(crate) fn end_change(&mut self) {
        self.state = State::Alone;
    }

    /// Every row, read.
    pub(crate) async fn fetch_all<R: Record>(
        &mut self,
        sql: &'static str,
        args: Args<'_>,
    ) -> Result<Vec<R>, StoreError> {
        self.refuse_after_failure()?;
        let found = self.fetch_rows(sql, args).await;
        self.note(found)
    }

    async fn fetch_rows<R: Record>(
        &mut self,
        sql: &'static str,
        args: Args<'_>,
    ) -> Result<Vec<R>, StoreError> {
        on_each!(self, args, |connection, given| {
            let rows = sqlx::query_with(sql, given).fetch_all(connection).await?;
            rows.iter().map(|row| Row::from(row).record()).collect()
        })
    }

    /// The first row, if there is one, read.
    pub(crate) async fn fetch_optional<R: Record>(
        &mut self,
        sql: &'static str,
        args: Args<'_>,
    ) -> Result<Option<R>, StoreError> {
        self.refuse_after_failure()?;
        let found = self.fetch_row(sql, args).await;
        self.note(found)
    }

    async fn fetch_row<R: Record>(
        &mut self,
        sql: &'static str,
        args: Args<'_>,
    ) -> Result<Option<R>, StoreError> {
        on_each!(self, args, |connection, given| {
            let row = sqlx::query_with(sql, given).fetch_optional(connection).await?;
            row.map(|row| Row::from(&row).record()).transpose()
        })
    }

    /// The one row, read.
    pub(crate) async fn fetch_one<R: Record>(
        &mut self,
        sql: &'static str,
        args: Args<'_>,
    ) -> Result<R, StoreError> {
        let found = self.fetch_optional(sql, args).await?;
        let missing = || StoreError::from(sqlx::Error::RowNotFound);
        let found = found.ok_or_else(missing);
        self.note(found)
    }

    /// Every row about the things with these ids, which the text finds as `wanted (id)`: one statement
    /// for a whole page.
    pub(crate) async fn fetch_wanted<R: Record>(
        &mut self,
        sql: &'static str,
        ids: &[String],
    ) -> Result<Vec<R>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let made = format!("WITH wanted (id) AS (VALUES {}) {sql}", placeholders(ids.len(), 1));
        let args = Args(ids.iter().map(Arg::from).collect());
        on_each!(self, args, |connection, given| {
            let query = sqlx::query_with(AssertSqlSafe(made), given).persistent(false);
            let rows = query.fetch_all(connection).await?;
            rows.iter().map(|row| Row::from(row).record()).collect()
        })
    }

    /// Runs a statement; answers how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        args: Args<'_>,
    ) -> Result<u64, StoreError> {
        self.run(SqlStr::from_static(sql), args, true).await
    }

    /// Runs a text made here, such as one with many rows of placeholders. It never holds a value.
    /// It is kept prepared only when it will be wanted again.
    pub(crate) async fn execute_made(
        &mut self,
        sql: String,
        args: Args<'_>,
        is_kept: bool,
    ) -> Result<u64, StoreError> {
        self.run(AssertSqlSafe(sql).into_sql_str(), args, is_kept).await
    }

    async fn run(&mut self, sql: SqlStr, args: Args<'_>, is_kept: bool) -> Result<u64, StoreError> {
        self.refuse_after_failure()?;
        let done = self.run_one(sql, args, is_kept).await;
        self.note(done)
    }

    async fn run_one(
        &mut self,
        sql: SqlStr,
        args: Args<'_>,
        is_kept: bool,
    ) -> Result<u64, StoreError> {
        on_each!(self, args, |connection, given| {
            let query = sqlx::query_with(sql, given).persistent(is_kept);
            let done = query.execute(connection).await?;
            Ok(done.rows_affected())
        })
    }

    /// Runs a script of several statements without arguments.
    pub(crate) async fn execute_script(&mut self, script: String) -> Result<(), StoreError> {
        self.refuse_after_failure()?;
        let script = AssertSqlSafe(script);
        let done = match &mut self.connection {
            Connection::Sqlite(open) => sqlx::raw_sql(script).execute(&mut **open).await.map(drop),
            Connection::Postgres(open) => {
                sqlx::raw_sql(script).execute(&mut **open).await.map(drop)
            }
            Connection::None => return Err(closed()),
        };
        self.note(done.map_err(StoreError::from))
    }

    /// Gives up the connection, and with it what runs on it.
    pub(crate) async fn close(&mut self) {
        match std::mem::replace(&mut self.connection, Connection::None) {
            // Nothing is left to do when it cannot even be closed: it is not used again.
            Connection::Sqlite(open) => drop(open.close().await),
            // One that does not answer is not asked to say goodbye.
            Connection::Postgres(mut open) => open.close_on_drop(),
            Connection::None => {}
        }
        self.state = State::Alone;
    }

    fn refuse_after_failure(&self) -> Result<(), StoreError> {
        if self.has_failed() {
            let why = "a statement of this change failed before".to_owned();
            return Err(StoreError::Other(why));
        }
        Ok(())
    }

    fn note<T>(&mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if done.is_err() && self.state == State::Changing {
            self.state = State::Failed;
        }
        done
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("it is closed".to_owned())
}

/// Placeholders for many rows: `($1, $2), ($3, $4)`.
pub(crate) fn placeholders(rows: usize, columns: usize) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(rows * columns * 7);
    let mut next = 1_usize;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            text.push_str(if column == 0 { "$" } else { ", $" });
            // Writing to a String cannot fail.
            write!(text, "{next}").ok();
            next += 1;
        }
        text.push(')');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::placeholders;

    #[test]
    fn placeholders_count_through_all_rows() {
        assert_eq!(placeholders(2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(placeholders(1, 1), "($1)");
    }
}
