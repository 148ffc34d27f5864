//! One way to run one SQL text on both databases: connection, arguments, rows.
//!
//! The texts keep to what both know; what differs (a NULL's type, the row's type) stays in this
//! folder.

mod args;
mod row;

pub(crate) use args::{Arg, Args, args};
pub(crate) use row::{BadColumn, Number, Record, Row};

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr as _, SqlStr, Sqlite, Transaction};

use crate::StoreError;

/// A connection, in a transaction or not.
pub(crate) enum Db {
    Sqlite(PoolConnection<Sqlite>),
    SqliteTx(Transaction<'static, Sqlite>),
    Postgres(PoolConnection<Postgres>),
    PostgresTx(Transaction<'static, Postgres>),
}

/// Runs one expression for whichever database it is, with `$connection` and its arguments at hand.
macro_rules! on_each {
    ($db:expr, $args:expr, |$connection:ident, $given:ident| $run:expr) => {
        match $db {
            Db::Sqlite(open) => {
                let ($connection, $given) = (&mut **open, $args.for_sqlite()?);
                $run
            }
            Db::SqliteTx(open) => {
                let ($connection, $given) = (&mut **open, $args.for_sqlite()?);
                $run
            }
            Db::Postgres(open) => {
                let ($connection, $given) = (&mut **open, $args.for_postgres()?);
                $run
            }
            Db::PostgresTx(open) => {
                let ($connection, $given) = (&mut **open, $args.for_postgres()?);
                $run
            }
        }
    };
}

impl Db {
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Db::Postgres(_) | Db::PostgresTx(_))
    }

    /// Every row, read.
    pub(crate) async fn fetch_all<R: Record>(
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
        on_each!(self, args, |connection, given| {
            let row = sqlx::query_with(sql, given).fetch_one(connection).await?;
            Row::from(&row).record()
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
        on_each!(self, args, |connection, given| {
            let query = sqlx::query_with(sql, given).persistent(is_kept);
            let done = query.execute(connection).await?;
            Ok(done.rows_affected())
        })
    }

    /// Runs a script of several statements without arguments.
    pub(crate) async fn execute_script(&mut self, script: String) -> Result<(), StoreError> {
        match self {
            Db::Sqlite(open) => {
                sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut **open).await?;
            }
            Db::SqliteTx(open) => {
                sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut **open).await?;
            }
            Db::Postgres(open) => {
                sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut **open).await?;
            }
            Db::PostgresTx(open) => {
                sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut **open).await?;
            }
        }
        Ok(())
    }

    /// Ends the transaction for good. Without one there is nothing to end.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Db::SqliteTx(tx) => tx.commit().await?,
            Db::PostgresTx(tx) => tx.commit().await?,
            Db::Sqlite(_) | Db::Postgres(_) => {}
        }
        Ok(())
    }
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
