//! One test, two databases; and the rows that most tests need.
//!
//! `SQLite` always runs. `PostgreSQL` runs when `WEIGHBRIDGE_TEST_POSTGRES` says where it is, as
//! `make test` does; each test then has a schema of its own.

use std::future::Future;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use weighbridge_domain::{Clock, Digest, GitOid, Ids, Timestamp};
use weighbridge_store::{
    ArtifactRow, FileRow, LedgerHead, LedgerRecord, RevisionRow, Store, StoreError, StoreUrl,
    WriteTx,
};

/// A moment for rows that do not care.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_763_640_000_000_000);

/// A database of a test's own.
#[derive(Clone)]
pub(crate) struct Database {
    pub(crate) url: StoreUrl,
}

impl Database {
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }

    /// Runs a statement behind the store's back.
    pub(crate) async fn meddle(&self, sql: &'static str) {
        match &self.url {
            StoreUrl::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            StoreUrl::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }
}

/// Declares tests that run on both databases.
macro_rules! both_databases {
    ($(async fn $name:ident($database:ident: Database) $body:block)+) => {$(
        mod $name {
            use super::*;
            use $crate::both::Database;

            async fn claim($database: Database) $body

            #[test]
            fn sqlite() {
                $crate::both::on_sqlite(claim);
            }

            #[test]
            fn postgres() {
                $crate::both::on_postgres(claim);
            }
        }
    )+};
}

fn block_on<F: Future>(work: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(work)
}

pub(crate) fn on_sqlite<F: Future<Output = ()>>(claim: impl FnOnce(Database) -> F) {
    let place = tempfile::tempdir().unwrap();
    block_on(claim(Database { url: StoreUrl::Sqlite(place.path().join("weighbridge.db")) }));
}

pub(crate) fn on_postgres<F>(claim: impl FnOnce(Database) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let Ok(server) = std::env::var("WEIGHBRIDGE_TEST_POSTGRES") else {
        println!("not run: WEIGHBRIDGE_TEST_POSTGRES is not set");
        return;
    };
    let schema = format!("wb_{}", Ids::system().ulid(Clock::system().now()).to_lowercase());
    let joint = if server.contains('?') { '&' } else { '?' };
    let url = StoreUrl::Postgres(format!("{server}{joint}options[search_path]={schema}"));
    block_on(async {
        let mut owner = PgConnection::connect(&server).await.unwrap();
        let run = async |owner: &mut PgConnection, sql: String| {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(owner).await.unwrap();
        };
        run(&mut owner, format!("CREATE SCHEMA {schema}")).await;
        // As a task, so that the schema goes even when the claim does not hold.
        let outcome = tokio::spawn(claim(Database { url })).await;
        run(&mut owner, format!("DROP SCHEMA {schema} CASCADE")).await;
        if let Err(failure) = outcome {
            std::panic::resume_unwind(failure.into_panic());
        }
    });
}

/// Commits with a record that continues the ledger. The hashes are made up: the store does not
/// look.
pub(crate) async fn commit(tx: WriteTx) -> Result<u64, StoreError> {
    let head = tx.head().clone();
    let record = record(&head);
    tx.commit(record).await?;
    Ok(head.size)
}

/// A record that continues `head`.
pub(crate) fn record(head: &LedgerHead) -> LedgerRecord {
    let leaf = Digest::of(&head.size.to_be_bytes());
    LedgerRecord {
        position: head.size,
        at: NOW,
        kind: "test.happened".to_owned(),
        body: format!("{{\"n\":{}}}", head.size),
        leaf,
        head: LedgerHead { size: head.size + 1, frontier: vec![head.root, leaf], root: leaf },
        nodes: Vec::new(),
    }
}

/// The moment so many seconds after [`NOW`].
pub(crate) fn later(seconds: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

pub(crate) fn artifact(id: &str, name: &str) -> ArtifactRow {
    ArtifactRow {
        id: id.to_owned(),
        artifact: name.parse().unwrap(),
        source: "hub".parse().unwrap(),
        restricted: false,
        created_at: NOW,
    }
}

pub(crate) fn revision(id: &str, artifact_id: &str, commit: &str) -> RevisionRow {
    RevisionRow {
        id: id.to_owned(),
        artifact_id: artifact_id.to_owned(),
        commit: commit.repeat(40).get(..40).unwrap().parse().unwrap(),
        manifest: None,
        card: "{\"gated\":false}".to_owned(),
        listed_at: NOW,
    }
}

pub(crate) fn oid(byte: u8) -> GitOid {
    GitOid::from_bytes([byte; 20])
}

pub(crate) fn file(path: &str) -> FileRow {
    FileRow { path: path.parse().unwrap(), size_bytes: 7, git_oid: oid(7), lfs: None, digest: None }
}

/// A store with one artifact `A` (`acme/tiny`) and its revision `R`, which lists `files`.
pub(crate) async fn with_revision(database: &Database, files: &[&str]) -> Store {
    let store = database.open().await;
    let mut tx = store.write().await.unwrap();
    tx.insert_artifact(&artifact("A", "acme/tiny")).await.unwrap();
    tx.insert_revision(&revision("R", "A", "a")).await.unwrap();
    let files: Vec<FileRow> = files.iter().map(|path| file(path)).collect();
    tx.insert_files("R", &files).await.unwrap();
    commit(tx).await.unwrap();
    store
}
