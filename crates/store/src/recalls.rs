//! Recalls: bytes that were found bad after they had been released.

use weighbridge_domain::{Artifact, CommitId, Digest, RepoPath, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{ArtifactRow, Queries, StoreError, WriteTx};

/// Bytes that were recalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecallRow {
    /// A ULID.
    pub id: String,
    /// The bytes.
    pub digest: Digest,
    /// Of what they were recalled; others may have them too.
    pub artifact: Artifact,
    /// At which commit.
    pub commit: CommitId,
    /// Under which name.
    pub path: RepoPath,
    /// Who did it.
    pub by: String,
    /// Why.
    pub because: String,
    /// When.
    pub at: Timestamp,
}

/// Somebody who was served some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloaderRow {
    /// The name of the token, or `anonymous`.
    pub caller: String,
    /// For which environment.
    pub environment: String,
    /// From which revision, by its id.
    pub revision_id: String,
    /// By which name.
    pub path: RepoPath,
    /// What the client calls itself.
    pub client: String,
    /// Where it came from.
    pub address: String,
    /// How many ranges were served.
    pub times: u64,
    /// The first time.
    pub first_at: Timestamp,
    /// The last time.
    pub last_at: Timestamp,
}

impl Record for RecallRow {
    const TABLE: &'static str = "recall";
    const KEY: &'static [&'static str] = &["digest"];

    fn read(row: Row<'_>) -> Result<RecallRow, BadColumn> {
        Ok(RecallRow {
            id: row.text("id")?,
            digest: row.parsed("digest")?,
            artifact: row.parsed("artifact")?,
            commit: row.parsed("commit_id")?,
            path: row.parsed("path")?,
            by: row.text("recalled_by")?,
            because: row.text("because")?,
            at: row.moment("recalled_at")?,
        })
    }
}

impl Record for DownloaderRow {
    const TABLE: &'static str = "download";
    const KEY: &'static [&'static str] = &["caller", "revision_id", "path"];

    fn read(row: Row<'_>) -> Result<DownloaderRow, BadColumn> {
        Ok(DownloaderRow {
            caller: row.text("caller")?,
            environment: row.text("environment")?,
            revision_id: row.text("revision_id")?,
            path: row.parsed("path")?,
            client: row.text("client")?,
            address: row.text("address")?,
            times: row.count("times")?,
            first_at: row.moment("first_at")?,
            last_at: row.moment("last_at")?,
        })
    }
}

struct DigestOf(Digest);

impl Record for DigestOf {
    const TABLE: &'static str = "revision_file";
    const KEY: &'static [&'static str] = &["digest"];

    fn read(row: Row<'_>) -> Result<DigestOf, BadColumn> {
        row.parsed("digest").map(DigestOf)
    }
}

impl Queries {
    /// The recall of these bytes.
    pub async fn find_recall(&mut self, digest: Digest) -> Result<Option<RecallRow>, StoreError> {
        const SQL: &str = "
            SELECT id, digest, artifact, commit_id, path, recalled_by, because, recalled_at
            FROM recall
            WHERE digest = $1";
        self.db.fetch_optional(SQL, args![digest]).await
    }

    /// The first recall of something that is part of a revision.
    pub async fn find_recall_in_revision(
        &mut self,
        revision_id: &str,
    ) -> Result<Option<RecallRow>, StoreError> {
        const SQL: &str = "
            SELECT id, digest, artifact, commit_id, path, recalled_by, because, recalled_at
            FROM recall
            WHERE digest IN (SELECT digest FROM revision_file WHERE revision_id = $1)
            ORDER BY id
            LIMIT 1";
        self.db.fetch_optional(SQL, args![revision_id]).await
    }

    /// What was recalled, the newest first, from before `before` on.
    pub async fn list_recalls(
        &mut self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RecallRow>, StoreError> {
        const SQL: &str = "
            SELECT id, digest, artifact, commit_id, path, recalled_by, because, recalled_at
            FROM recall
            WHERE id < $1 OR $1 = ''
            ORDER BY id DESC
            LIMIT $2";
        self.db.fetch_all(SQL, args![before.unwrap_or_default(), limit]).await
    }

    /// The bytes of a revision that other artifacts have too.
    pub async fn list_shared_digests(
        &mut self,
        revision_id: &str,
        artifact_id: &str,
    ) -> Result<Vec<Digest>, StoreError> {
        const SQL: &str = "
            SELECT DISTINCT digest
            FROM revision_file
            WHERE revision_id = $1 AND digest IS NOT NULL AND EXISTS (
                SELECT 1 FROM revision_file AS other
                JOIN revision ON revision.id = other.revision_id
                WHERE other.digest = revision_file.digest AND revision.artifact_id <> $2)
            ORDER BY digest";
        let found: Vec<DigestOf> = self.db.fetch_all(SQL, args![revision_id, artifact_id]).await?;
        Ok(found.into_iter().map(|DigestOf(digest)| digest).collect())
    }

    /// The artifacts that have these bytes, the oldest first.
    pub async fn list_artifacts_with_blob(
        &mut self,
        digest: Digest,
    ) -> Result<Vec<ArtifactRow>, StoreError> {
        const SQL: &str = "
            SELECT id, kind, name, source, restricted, created_at
            FROM artifact
            WHERE id IN (SELECT revision.artifact_id
                FROM revision
                JOIN revision_file ON revision_file.revision_id = revision.id
                WHERE revision_file.digest = $1)
            ORDER BY id";
        self.db.fetch_all(SQL, args![digest]).await
    }

    /// Who was served these bytes, whoever had them last first.
    pub async fn list_downloaders(
        &mut self,
        digest: Digest,
        limit: u32,
    ) -> Result<Vec<DownloaderRow>, StoreError> {
        const SQL: &str = "
            SELECT caller, environment, revision_id, path, client, address, COUNT(*) AS times,
                MIN(at) AS first_at, MAX(at) AS last_at
            FROM download
            WHERE digest = $1
            GROUP BY caller, environment, revision_id, path, client, address
            ORDER BY last_at DESC, caller, environment, revision_id, path, client, address
            LIMIT $2";
        self.db.fetch_all(SQL, args![digest, limit]).await
    }
}

impl WriteTx {
    /// Notes that bytes were recalled; the first word about them stays.
    pub async fn insert_recall(&mut self, row: &RecallRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO recall (digest, id, artifact, commit_id, path, recalled_by, because,
                recalled_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (digest) DO NOTHING";
        let given = args![
            row.digest,
            &row.id,
            row.artifact.to_string(),
            &row.commit,
            &row.path,
            &row.by,
            &row.because,
            row.at,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }
}
