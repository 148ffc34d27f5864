//! What can go wrong with the database, in the few kinds that callers treat differently.

use sqlx::error::{DatabaseError, ErrorKind};

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds the lock; the same call may succeed later.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// No room is left; nothing was changed.
    #[error("the disk of the database is full: {0}")]
    DiskFull(String),
    /// A row does not hold what it has to.
    #[error("table `{table}`, row `{row}`, column `{column}` cannot be read: {why}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row's key, its parts joined by `/`.
        row: String,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The change contradicts what is stored: a name that is taken, a row that moved on.
    #[error("{0}")]
    Conflict(String),
    /// The database cannot be reached or cannot be used.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database was made by another version than this one can work with.
    #[error("the database does not fit this version: {0}")]
    Incompatible(String),
    /// The record does not continue the ledger; nothing was changed.
    #[error("the ledger has {size} entries, the record claims position {position}")]
    OutOfStep {
        /// How many entries there are.
        size: u64,
        /// Where the record wanted to be.
        position: u64,
    },
    /// Anything else: a fault of ours, or one the database does not explain.
    #[error("the database refused: {0}")]
    Other(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        match error {
            sqlx::Error::Database(error) => {
                // SQLite's codes are numbers; PostgreSQL's have five characters.
                match error.code().as_deref() {
                    Some(code) if code.len() == 5 => of_postgres(code, error.as_ref()),
                    Some(code) => match code.parse() {
                        Ok(code) => of_sqlite(code, error.as_ref()),
                        Err(_) => StoreError::Other(error.to_string()),
                    },
                    None => StoreError::Other(error.to_string()),
                }
            }
            sqlx::Error::PoolTimedOut => {
                StoreError::Busy("no connection became free in time".to_owned())
            }
            sqlx::Error::Io(error) if is_full(&error) => StoreError::DiskFull(error.to_string()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => StoreError::Unavailable(error.to_string()),
            other => StoreError::Other(other.to_string()),
        }
    }
}

/// Whether an I/O error says that no room is left.
pub(crate) fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// The low byte of a `SQLite` code is its family, the rest says more.
fn of_sqlite(code: u32, error: &dyn DatabaseError) -> StoreError {
    let text = error.message().to_owned();
    match code & 0xff {
        5 | 6 => StoreError::Busy(text),
        13 => StoreError::DiskFull(text),
        19 => of_constraint(error, text),
        // I/O, not a database, damaged, read-only, cannot open, permission, authorisation.
        3 | 8 | 10 | 11 | 14 | 23 | 26 => StoreError::Unavailable(text),
        _ => StoreError::Other(text),
    }
}

fn of_postgres(code: &str, error: &dyn DatabaseError) -> StoreError {
    let text = format!("{} ({code})", error.message());
    match code {
        "53100" => StoreError::DiskFull(text),
        // Lock not available, serialisation failure, deadlock, cancelled by a time-out.
        "55P03" | "40001" | "40P01" | "57014" => StoreError::Busy(text),
        "58030" | "25006" => StoreError::Unavailable(text),
        _ if code.starts_with("23") => of_constraint(error, text),
        // Connection, resources, operator intervention, authorisation, no such database.
        _ if ["08", "53", "57", "28", "3D"].iter().any(|class| code.starts_with(class)) => {
            StoreError::Unavailable(text)
        }
        _ => StoreError::Other(text),
    }
}

fn of_constraint(error: &dyn DatabaseError, text: String) -> StoreError {
    match error.kind() {
        ErrorKind::UniqueViolation | ErrorKind::ForeignKeyViolation => StoreError::Conflict(text),
        _ => StoreError::Other(text),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
    use sqlx::{ConnectOptions as _, Executor as _};

    use super::StoreError;

    async fn open(path: &std::path::Path) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        options.busy_timeout(std::time::Duration::ZERO).connect().await.unwrap()
    }

    async fn refusal(connection: &mut SqliteConnection, sql: &'static str) -> StoreError {
        StoreError::from(connection.execute(sql).await.unwrap_err())
    }

    #[test]
    fn waiting_in_vain_for_a_connection_is_busy() {
        assert!(matches!(sqlx::Error::PoolTimedOut.into(), StoreError::Busy(_)));
    }

    #[tokio::test]
    async fn a_locked_a_full_and_a_broken_database_are_told_apart() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("db");
        let mut first = open(&path).await;
        first.execute("CREATE TABLE t (x TEXT PRIMARY KEY) STRICT").await.unwrap();

        let mut second = open(&path).await;
        first.execute("BEGIN IMMEDIATE").await.unwrap();
        assert!(matches!(refusal(&mut second, "BEGIN IMMEDIATE").await, StoreError::Busy(_)));
        first.execute("ROLLBACK").await.unwrap();

        first.execute("PRAGMA max_page_count = 3").await.unwrap();
        let large = "INSERT INTO t VALUES (hex(zeroblob(100000)))";
        assert!(matches!(refusal(&mut first, large).await, StoreError::DiskFull(_)));

        first.execute("INSERT INTO t VALUES ('a')").await.unwrap();
        let again = "INSERT INTO t VALUES ('a')";
        assert!(matches!(refusal(&mut first, again).await, StoreError::Conflict(_)));
        assert!(matches!(refusal(&mut first, "SELECT").await, StoreError::Other(_)));

        let broken = place.path().join("broken");
        std::fs::write(&broken, "this was never a database".repeat(100)).unwrap();
        let mut broken = open(&broken).await;
        let read = "SELECT * FROM t";
        assert!(matches!(refusal(&mut broken, read).await, StoreError::Unavailable(_)));
    }
}
