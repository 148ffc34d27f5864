//! Downloads counted by revision and caller: who pulled what for an environment, between two moments.

use weighbridge_domain::{Artifact, Environment, Ids, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError};

/// What one caller pulled of one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulledRow {
    /// The artifact.
    pub artifact: Artifact,
    /// The commit.
    pub commit: String,
    /// The name of the token, or `anonymous`.
    pub caller: String,
    /// How many ranges of files were served.
    pub downloads: u64,
    /// When the last one ended.
    pub last_at: Timestamp,
}

impl Record for PulledRow {
    const TABLE: &'static str = "download";
    const KEY: &'static [&'static str] = &["revision_id", "caller"];

    fn read(row: Row<'_>) -> Result<PulledRow, BadColumn> {
        Ok(PulledRow {
            artifact: Artifact { kind: row.parsed("kind")?, name: row.parsed("name")? },
            commit: row.text("commit_id")?,
            caller: row.text("caller")?,
            downloads: row.count("downloads")?,
            last_at: row.moment("last_at")?,
        })
    }
}

impl Queries {
    /// Who pulled what for an environment between two moments, the latest first. Downloads are recorded soon
    /// after they end, and their ids sort by that, so that only those of the time are read.
    pub async fn list_pulled(
        &mut self,
        environment: &Environment,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<PulledRow>, StoreError> {
        const SQL: &str = "
            SELECT artifact.kind, artifact.name, revision.commit_id, download.caller,
                COUNT(*) AS downloads, MAX(download.at) AS last_at
            FROM download
            JOIN revision ON revision.id = download.revision_id
            JOIN artifact ON artifact.id = revision.artifact_id
            WHERE download.id >= $1 AND download.environment = $2
                AND download.at >= $3 AND download.at < $4
            GROUP BY artifact.kind, artifact.name, revision.commit_id, download.caller
            ORDER BY last_at DESC, artifact.kind, artifact.name, revision.commit_id, download.caller
            LIMIT $5";
        self.db.fetch_all(SQL, args![Ids::first_ulid(from), environment, from, to, limit]).await
    }
}
