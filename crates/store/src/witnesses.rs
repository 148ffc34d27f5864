//! Witnessing: logs that are cosigned here, witnesses that are asked from here, and what they said.

use weighbridge_domain::{Digest, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, Store, StoreError, WriteTx};

/// A log whose checkpoints are cosigned here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessedLogRow {
    /// Its name.
    pub origin: String,
    /// Its key.
    pub vkey: String,
    /// Who added it.
    pub added_by: String,
    /// When.
    pub added_at: Timestamp,
    /// How many entries it had when it was cosigned last; 0 when it never was.
    pub size: u64,
    /// The root it had then.
    pub root: Option<Digest>,
    /// When that was.
    pub cosigned_at: Option<Timestamp>,
    /// The root for which there was an alarm already.
    pub alarmed_root: Option<Digest>,
}

/// A witness that is asked from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogWitnessRow {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Its key.
    pub vkey: String,
    /// Who added it.
    pub added_by: String,
    /// When.
    pub added_at: Timestamp,
    /// How many entries our log had when it cosigned last.
    pub cosigned_size: u64,
    /// When it was asked last.
    pub asked_at: Option<Timestamp>,
    /// What went wrong then.
    pub trouble: Option<String>,
}

/// What a witness said about our log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignatureRow {
    /// Over how many entries.
    pub size: u64,
    /// Whose it is.
    pub witness: String,
    /// The signature line.
    pub line: String,
}

impl Record for WitnessedLogRow {
    const TABLE: &'static str = "witnessed_log";
    const KEY: &'static [&'static str] = &["origin"];

    fn read(row: Row<'_>) -> Result<WitnessedLogRow, BadColumn> {
        Ok(WitnessedLogRow {
            origin: row.text("origin")?,
            vkey: row.text("vkey")?,
            added_by: row.text("added_by")?,
            added_at: row.moment("added_at")?,
            size: row.count("size")?,
            root: row.optional_parsed("root")?,
            cosigned_at: row.optional_moment("cosigned_at")?,
            alarmed_root: row.optional_parsed("alarmed_root")?,
        })
    }
}

impl Record for LogWitnessRow {
    const TABLE: &'static str = "log_witness";
    const KEY: &'static [&'static str] = &["name"];

    fn read(row: Row<'_>) -> Result<LogWitnessRow, BadColumn> {
        Ok(LogWitnessRow {
            name: row.text("name")?,
            url: row.text("url")?,
            vkey: row.text("vkey")?,
            added_by: row.text("added_by")?,
            added_at: row.moment("added_at")?,
            cosigned_size: row.count("cosigned_size")?,
            asked_at: row.optional_moment("asked_at")?,
            trouble: row.optional_text("trouble")?,
        })
    }
}

impl Record for CosignatureRow {
    const TABLE: &'static str = "cosignature";
    const KEY: &'static [&'static str] = &["size", "witness"];

    fn read(row: Row<'_>) -> Result<CosignatureRow, BadColumn> {
        Ok(CosignatureRow {
            size: row.count("size")?,
            witness: row.text("witness")?,
            line: row.text("line")?,
        })
    }
}

impl Queries {
    /// The logs that are cosigned here.
    pub async fn list_witnessed_logs(&mut self) -> Result<Vec<WitnessedLogRow>, StoreError> {
        const SQL: &str = "
            SELECT origin, vkey, added_by, added_at, size, root, cosigned_at, alarmed_root
            FROM witnessed_log
            ORDER BY origin";
        self.db.fetch_all(SQL, args![]).await
    }

    /// The log of that name, when it is cosigned here.
    pub async fn find_witnessed_log(
        &mut self,
        origin: &str,
    ) -> Result<Option<WitnessedLogRow>, StoreError> {
        const SQL: &str = "
            SELECT origin, vkey, added_by, added_at, size, root, cosigned_at, alarmed_root
            FROM witnessed_log
            WHERE origin = $1";
        self.db.fetch_optional(SQL, args![origin]).await
    }

    /// The witnesses that are asked from here.
    pub async fn list_log_witnesses(&mut self) -> Result<Vec<LogWitnessRow>, StoreError> {
        const SQL: &str = "
            SELECT name, url, vkey, added_by, added_at, cosigned_size, asked_at, trouble
            FROM log_witness
            ORDER BY name";
        self.db.fetch_all(SQL, args![]).await
    }

    /// What witnesses said about our log over so many entries.
    pub async fn list_cosignatures(
        &mut self,
        size: u64,
    ) -> Result<Vec<CosignatureRow>, StoreError> {
        const SQL: &str = "
            SELECT size, witness, line FROM cosignature WHERE size = $1 ORDER BY witness";
        self.db.fetch_all(SQL, args![size]).await
    }

    /// The cosignature over the most entries.
    pub async fn find_latest_cosignature(&mut self) -> Result<Option<CosignatureRow>, StoreError> {
        const SQL: &str = "
            SELECT size, witness, line FROM cosignature ORDER BY size DESC, witness LIMIT 1";
        self.db.fetch_optional(SQL, args![]).await
    }
}

impl WriteTx {
    /// Cosigns a log from now on. One of the same name is a conflict.
    pub async fn insert_witnessed_log(&mut self, row: &WitnessedLogRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO witnessed_log (origin, vkey, added_by, added_at, size, root, cosigned_at,
                alarmed_root)
            VALUES ($1, $2, $3, $4, 0, NULL, NULL, NULL)";
        let given = args![&row.origin, &row.vkey, &row.added_by, row.added_at];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Asks a witness from now on. One of the same name is a conflict.
    pub async fn insert_log_witness(&mut self, row: &LogWitnessRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO log_witness (name, url, vkey, added_by, added_at, cosigned_size, asked_at,
                trouble)
            VALUES ($1, $2, $3, $4, $5, 0, NULL, NULL)";
        let given = args![&row.name, &row.url, &row.vkey, &row.added_by, row.added_at];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Forgets a log or a witness of that name; false when there is neither. What was cosigned stays.
    pub async fn delete_witness(&mut self, name: &str) -> Result<bool, StoreError> {
        const LOG: &str = "DELETE FROM witnessed_log WHERE origin = $1";
        const WITNESS: &str = "DELETE FROM log_witness WHERE name = $1";
        let logs = self.db.execute(LOG, args![name]).await?;
        Ok(logs + self.db.execute(WITNESS, args![name]).await? > 0)
    }

    /// Remembers that there was an alarm about a root.
    pub async fn set_alarmed_root(&mut self, origin: &str, root: Digest) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE witnessed_log SET alarmed_root = $2 WHERE origin = $1";
        self.db.execute(SQL, args![origin, root]).await.map(drop)
    }
}

impl Store {
    /// Goes on with a log from the size it was cosigned at last; false when somebody was faster. It has
    /// no record: two instances that witness each other would have to go on for ever.
    pub async fn advance_witnessed_log(
        &self,
        origin: &str,
        old_size: u64,
        (size, root): (u64, Digest),
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            UPDATE witnessed_log SET size = $2, root = $3, cosigned_at = $4
            WHERE origin = $1 AND size = $5";
        let mut tx = self.write().await?;
        if tx.db.execute(SQL, args![origin, size, root, at, old_size]).await? != 1 {
            return Ok(false);
        }
        tx.commit_unrecorded().await?;
        Ok(true)
    }

    /// Writes down what a witness said, or why it said nothing.
    pub async fn keep_cosignature(
        &self,
        witness: &str,
        said: Result<&CosignatureRow, &str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const KEEP: &str = "
            INSERT INTO cosignature (size, witness, line, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (size, witness) DO UPDATE SET line = excluded.line, at = excluded.at";
        const COSIGNED: &str = "
            UPDATE log_witness SET cosigned_size = $2, asked_at = $3, trouble = NULL
            WHERE name = $1";
        const TROUBLE: &str = "UPDATE log_witness SET asked_at = $2, trouble = $3 WHERE name = $1";
        let mut tx = self.write().await?;
        match said {
            Ok(row) => {
                tx.db.execute(KEEP, args![row.size, witness, &row.line, at]).await?;
                tx.db.execute(COSIGNED, args![witness, row.size, at]).await?;
            }
            Err(trouble) => {
                tx.db.execute(TROUBLE, args![witness, at, trouble]).await?;
            }
        }
        tx.commit_unrecorded().await
    }
}
