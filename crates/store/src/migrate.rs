//! Brings the database up to this version: numbered scripts, each once, never back.

use weighbridge_domain::Digest;

use crate::StoreError;
use crate::db::{BadColumn, Db, Record, Row, args};

struct Migration {
    number: u64,
    name: &'static str,
    script: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "gateway",
        script: include_str!("../migrations/0001_gateway.sql"),
    },
    Migration {
        number: 2,
        name: "origins",
        script: include_str!("../migrations/0002_origins.sql"),
    },
    Migration {
        number: 3,
        name: "requests",
        script: include_str!("../migrations/0003_requests.sql"),
    },
    Migration {
        number: 4,
        name: "waivers",
        script: include_str!("../migrations/0004_waivers.sql"),
    },
    Migration {
        number: 5,
        name: "ledger nodes",
        script: include_str!("../migrations/0005_ledger_nodes.sql"),
    },
    Migration {
        number: 6,
        name: "accounts",
        script: include_str!("../migrations/0006_accounts.sql"),
    },
    Migration {
        number: 7,
        name: "request life",
        script: include_str!("../migrations/0007_request_life.sql"),
    },
    Migration {
        number: 9,
        name: "evidence",
        script: include_str!("../migrations/0009_evidence.sql"),
    },
    Migration {
        number: 10,
        name: "telling",
        script: include_str!("../migrations/0010_telling.sql"),
    },
    Migration {
        number: 12,
        name: "witness",
        script: include_str!("../migrations/0012_witness.sql"),
    },
    Migration { number: 8, name: "policy", script: include_str!("../migrations/0008_policy.sql") },
    Migration {
        number: 15,
        name: "waiver ends",
        script: include_str!("../migrations/0015_waiver_ends.sql"),
    },
    Migration { number: 16, name: "recall", script: include_str!("../migrations/0016_recall.sql") },
    Migration { number: 17, name: "rescan", script: include_str!("../migrations/0017_rescan.sql") },
];

struct Applied {
    number: u64,
    checksum: Digest,
}

impl Record for Applied {
    const TABLE: &'static str = "migration";
    const KEY: &'static [&'static str] = &["number"];

    fn read(row: Row<'_>) -> Result<Applied, BadColumn> {
        Ok(Applied { number: row.count("number")?, checksum: row.parsed("checksum")? })
    }
}

/// Applies what is missing. A script that changed since it was applied, or one from a later
/// version, stops everything: guessing would harm the records.
pub(crate) async fn up(mut db: Db) -> Result<(), StoreError> {
    let begin = if db.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" };
    db.execute(begin, args![]).await?;
    let done = match apply(&mut db).await {
        Ok(()) => db.execute("COMMIT", args![]).await.map(drop),
        Err(error) => Err(error),
    };
    if done.is_err() {
        db.close().await;
    }
    done
}

async fn apply(tx: &mut Db) -> Result<(), StoreError> {
    const TABLE: &str = "
        CREATE TABLE IF NOT EXISTS migration (
            number BIGINT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            checksum TEXT NOT NULL
        )";
    const APPLIED: &str = "SELECT number, checksum FROM migration ORDER BY number";
    const RECORD: &str = "INSERT INTO migration (number, name, checksum) VALUES ($1, $2, $3)";
    if tx.is_postgres() {
        // Replicas that start together take turns; the number means nothing but this.
        tx.execute("SELECT pg_advisory_xact_lock(7310011908)", args![]).await?;
    }
    tx.execute(TABLE, args![]).await?;
    let applied: Vec<Applied> = tx.fetch_all(APPLIED, args![]).await?;
    for done in &applied {
        let Some(known) = MIGRATIONS.iter().find(|known| known.number == done.number) else {
            return Err(StoreError::Incompatible(format!(
                "it has migration {}, which a later version made",
                done.number
            )));
        };
        if Digest::of(known.script.as_bytes()) != done.checksum {
            return Err(StoreError::Incompatible(format!(
                "migration {} (`{}`) was changed after it was applied",
                known.number, known.name
            )));
        }
    }
    for missing in MIGRATIONS.iter().filter(|m| applied.iter().all(|done| done.number != m.number))
    {
        tx.execute_script(for_database(tx.is_postgres(), missing.script)).await?;
        let checksum = Digest::of(missing.script.as_bytes());
        tx.execute(RECORD, args![missing.number, missing.name, checksum]).await?;
    }
    Ok(())
}

/// `SQLite` compares text byte by byte; `PostgreSQL` does so only when told.
fn for_database(is_postgres: bool, script: &str) -> String {
    if is_postgres { script.replace(" TEXT", " TEXT COLLATE \"C\"") } else { script.to_owned() }
}
