//! Downloads: who was served what, and when.

use weighbridge_domain::{Digest, Environment, RepoPath, Timestamp};

use crate::db::{Arg, Args, BadColumn, Number, Record, Row, args, placeholders};
use crate::{Queries, StoreError, WriteTx};

/// Rows in one statement; see `files.rs`.
const BATCH: usize = 25;

/// One range of one file, served to one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadRow {
    /// A ULID.
    pub id: String,
    /// When it ended.
    pub at: Timestamp,
    /// The name of the token, or `anonymous`.
    pub caller: String,
    /// The token; `None` when anonymous.
    pub token_id: Option<String>,
    /// The environment it was served for.
    pub environment: Environment,
    /// The revision it was asked for from.
    pub revision_id: String,
    /// The path it was asked for by.
    pub path: RepoPath,
    /// What was served.
    pub digest: Digest,
    /// The first byte that was served.
    pub first_byte: u64,
    /// How many bytes were.
    pub length_bytes: u64,
    /// What the client calls itself.
    pub client: String,
    /// Where it came from.
    pub address: String,
}

/// Which downloads to list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct DownloadPage<'a> {
    /// Only those of this artifact, by its id.
    pub artifact_id: Option<&'a str>,
    /// Only those before this one, by its id.
    pub before: Option<&'a str>,
    /// At most so many.
    pub limit: u32,
}

impl Record for DownloadRow {
    const TABLE: &'static str = "download";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<DownloadRow, BadColumn> {
        Ok(DownloadRow {
            id: row.text("id")?,
            at: row.moment("at")?,
            caller: row.text("caller")?,
            token_id: row.optional_text("token_id")?,
            environment: row.parsed("environment")?,
            revision_id: row.text("revision_id")?,
            path: row.parsed("path")?,
            digest: row.parsed("digest")?,
            first_byte: row.count("first_byte")?,
            length_bytes: row.count("length_bytes")?,
            client: row.text("client")?,
            address: row.text("address")?,
        })
    }
}

impl Queries {
    /// Whether something of a revision was ever downloaded for an environment.
    pub async fn was_downloaded(
        &mut self,
        revision_id: &str,
        environment: &Environment,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            SELECT COUNT(*) AS number
            FROM (SELECT 1 AS one FROM download WHERE revision_id = $1 AND environment = $2 LIMIT 1)
                AS found";
        let found: Number = self.db.fetch_one(SQL, args![revision_id, environment]).await?;
        Ok(found.0 > 0)
    }

    /// Whether something of an artifact was ever downloaded.
    pub async fn was_artifact_downloaded(&mut self, artifact_id: &str) -> Result<bool, StoreError> {
        const SQL: &str = "
            SELECT COUNT(*) AS number
            FROM (
                SELECT 1 AS one FROM download
                WHERE revision_id IN (SELECT id FROM revision WHERE artifact_id = $1)
                LIMIT 1
            ) AS found";
        let found: Number = self.db.fetch_one(SQL, args![artifact_id]).await?;
        Ok(found.0 > 0)
    }

    /// Downloads, the newest first.
    pub async fn list_downloads(
        &mut self,
        page: &DownloadPage<'_>,
    ) -> Result<Vec<DownloadRow>, StoreError> {
        const ALL: &str = "
            SELECT id, at, caller, token_id, environment, revision_id, path, digest, first_byte,
                length_bytes, client, address
            FROM download
            WHERE id < $1
            ORDER BY id DESC
            LIMIT $2";
        const OF_ARTIFACT: &str = "
            SELECT id, at, caller, token_id, environment, revision_id, path, digest, first_byte,
                length_bytes, client, address
            FROM download
            WHERE id < $1 AND revision_id IN (SELECT id FROM revision WHERE artifact_id = $3)
            ORDER BY id DESC
            LIMIT $2";
        let before = page.before.unwrap_or("~");
        match page.artifact_id {
            None => self.db.fetch_all(ALL, args![before, page.limit]).await,
            Some(id) => self.db.fetch_all(OF_ARTIFACT, args![before, page.limit, id]).await,
        }
    }

    /// How many downloads an artifact has had.
    pub async fn count_downloads(&mut self, artifact_id: &str) -> Result<u64, StoreError> {
        const SQL: &str = "
            SELECT COUNT(*) AS number
            FROM download
            WHERE revision_id IN (SELECT id FROM revision WHERE artifact_id = $1)";
        let number: Number = self.db.fetch_one(SQL, args![artifact_id]).await?;
        Ok(number.0)
    }
}

impl WriteTx {
    /// Adds a batch of downloads.
    pub async fn insert_downloads(&mut self, downloads: &[DownloadRow]) -> Result<(), StoreError> {
        for batch in downloads.chunks(BATCH) {
            let sql = format!(
                "INSERT INTO download (id, at, caller, token_id, environment, revision_id, path,
                    digest, first_byte, length_bytes, client, address)
                VALUES {}",
                placeholders(batch.len(), 12)
            );
            let mut given = Vec::with_capacity(batch.len() * 12);
            for row in batch {
                given.extend([
                    Arg::from(&row.id),
                    Arg::from(row.at),
                    Arg::from(&row.caller),
                    Arg::from(row.token_id.as_ref()),
                    Arg::from(&row.environment),
                    Arg::from(&row.revision_id),
                    Arg::from(&row.path),
                    Arg::from(row.digest),
                    Arg::from(row.first_byte),
                    Arg::from(row.length_bytes),
                    Arg::from(&row.client),
                    Arg::from(&row.address),
                ]);
            }
            self.db.execute_made(sql, Args(given), batch.len() == BATCH).await?;
        }
        Ok(())
    }
}
