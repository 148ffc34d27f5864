//! Opening the database and handing out its two kinds of handles.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use rustix::fs::{FileType, Mode};
use rustix::io::Errno;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Pool, Postgres, Sqlite};
use tokio::time::{Duration, Instant, sleep};

use crate::db::Db;
use crate::turns::Turns;
use crate::{Queries, Reader, StoreError, WriteTx, migrate};

/// How long a caller waits for a lock or a connection before it is told that the database is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that only read, for `SQLite`.
const READERS: u32 = 4;
/// Connections in all, for `PostgreSQL`.
const CONNECTIONS: u32 = 16;
/// Every statement text of this crate fits.
const STATEMENTS: usize = 256;

/// Where the database is.
#[derive(Clone)]
pub enum StoreUrl {
    /// A file; it is made when it is missing, its folder is not.
    Sqlite(PathBuf),
    /// `postgres://user:password@host/database`.
    Postgres(String),
}

impl std::fmt::Debug for StoreUrl {
    /// Never shows the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreUrl::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            StoreUrl::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

/// The database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    pools: Pools,
    turns: Turns,
}

#[derive(Clone, Debug)]
pub(crate) enum Pools {
    /// `SQLite` has one writer; a second connection would only wait for it, without fairness.
    Sqlite {
        writer: Pool<Sqlite>,
        readers: Pool<Sqlite>,
    },
    Postgres(Pool<Postgres>),
}

impl Store {
    /// Opens the database, makes it when it is new, and brings it up to this version.
    pub async fn open(url: &StoreUrl) -> Result<Store, StoreError> {
        let pools = match url {
            StoreUrl::Sqlite(path) => open_sqlite(path).await?,
            StoreUrl::Postgres(url) => open_postgres(url).await?,
        };
        let turns = Turns::new(pools.clone());
        Ok(Store { pools, turns })
    }

    /// A handle that only reads. Each statement sees what was committed before it.
    pub async fn read(&self) -> Result<Reader, StoreError> {
        let db = match &self.pools {
            Pools::Sqlite { readers, .. } => Db::sqlite(readers.acquire().await?),
            Pools::Postgres(pool) => Db::postgres(pool.acquire().await.map_err(unreachable)?),
        };
        Ok(Reader::new(Queries { db }))
    }

    /// Begins a change. There is one writer at a time, on either database: what it reads stays true
    /// until it commits.
    pub async fn write(&self) -> Result<WriteTx, StoreError> {
        Ok(WriteTx::new(self.turns.begin().await?))
    }

    /// Counts up with every change that makes prepared answers stale.
    pub async fn generation(&self) -> Result<u64, StoreError> {
        self.read().await?.generation().await
    }

    /// Waits for open handles to come back and closes every connection.
    pub async fn close(&self) {
        self.turns.close().await;
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Pools {
    /// The connection that changes are made on.
    pub(crate) async fn writer(&self) -> Result<Db, StoreError> {
        Ok(match self {
            Pools::Sqlite { writer, .. } => Db::sqlite(writer.acquire().await?),
            Pools::Postgres(pool) => Db::postgres(pool.acquire().await.map_err(unreachable)?),
        })
    }
}

async fn open_sqlite(path: &Path) -> Result<Pools, StoreError> {
    make_private(path)
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match connect_sqlite(path).await {
            // Two processes that make a new database at once: the one that comes second to switch on
            // the write-ahead log is refused without waiting, whatever the busy time-out says.
            Err(StoreError::Busy(_)) if Instant::now() < deadline => {
                sleep(Duration::from_millis(10)).await;
            }
            done => return done,
        }
    }
}

async fn connect_sqlite(path: &Path) -> Result<Pools, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging()
        .row_buffer_size(512)
        // What is erased is gone from the file, not only from its index.
        .pragma("secure_delete", "ON")
        .pragma("cache_size", "-8192")
        .pragma("journal_size_limit", "67108864");
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone().journal_mode(SqliteJournalMode::Wal))
        .await?;
    migrate::up(Db::sqlite(writer.acquire().await?)).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.read_only(true))
        .await?;
    Ok(Pools::Sqlite { writer, readers })
}

/// Makes the file for its owner alone; `SQLite` gives its journals the same permissions.
///
/// The file is made without being opened: when a process closes any handle of a database, it loses
/// every lock that its other connections hold on it.
fn make_private(path: &Path) -> rustix::io::Result<()> {
    let mode = Mode::RUSR | Mode::WUSR;
    match rustix::fs::mknodat(rustix::fs::CWD, path, FileType::RegularFile, mode, 0) {
        Err(Errno::EXIST) => Ok(()),
        done => done,
    }
}

async fn open_postgres(url: &str) -> Result<Pools, StoreError> {
    let options = PgConnectOptions::from_str(url)
        // The text may hold the password, so it is not repeated.
        .map_err(|_| StoreError::Unavailable("its URL cannot be read".to_owned()))?
        .application_name("weighbridge")
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging()
        // A replica that vanishes in the middle of a change must not hold up the others for ever.
        .options([("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "60s")]);
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                // A connection in steady use needs no question; one that rested may be dead.
                Ok(about.idle_for < Duration::from_secs(5) || connection.ping().await.is_ok())
            })
        })
        .connect_with(options)
        .await
        .map_err(unreachable)?;
    migrate::up(Db::postgres(pool.acquire().await.map_err(unreachable)?)).await?;
    Ok(Pools::Postgres(pool))
}

/// The pool tries to connect until its patience ends, and does not say why it could not.
fn unreachable(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::PoolTimedOut => {
            StoreError::Unavailable("no connection to it within 10 seconds".to_owned())
        }
        other => StoreError::from(other),
    }
}
