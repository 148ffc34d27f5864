//! Revisions: one immutable file list for every commit that somebody asked for.

use weighbridge_domain::{CommitId, Digest, Timestamp};

use crate::db::{BadColumn, Number, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

/// A commit whose file list is fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRow {
    /// A ULID.
    pub id: String,
    /// The artifact it belongs to.
    pub artifact_id: String,
    /// The upstream commit.
    pub commit: CommitId,
    /// The digest of its manifest, once the digest of every file is known.
    pub manifest: Option<Digest>,
    /// What upstream says about it: a JSON text.
    pub card: String,
    /// When its files were listed.
    pub listed_at: Timestamp,
}

impl Record for RevisionRow {
    const TABLE: &'static str = "revision";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<RevisionRow, BadColumn> {
        Ok(RevisionRow {
            id: row.text("id")?,
            artifact_id: row.text("artifact_id")?,
            commit: row.parsed("commit_id")?,
            manifest: row.optional_parsed("manifest_digest")?,
            card: row.text("card")?,
            listed_at: row.moment("listed_at")?,
        })
    }
}

struct Commit(CommitId);

impl Record for Commit {
    const TABLE: &'static str = "revision";
    const KEY: &'static [&'static str] = &["commit_id"];

    fn read(row: Row<'_>) -> Result<Commit, BadColumn> {
        row.parsed("commit_id").map(Commit)
    }
}

impl Queries {
    /// The revision of a commit.
    pub async fn find_revision(
        &mut self,
        artifact_id: &str,
        commit: &CommitId,
    ) -> Result<Option<RevisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, artifact_id, commit_id, manifest_digest, card, listed_at
            FROM revision
            WHERE artifact_id = $1 AND commit_id = $2";
        self.db.fetch_optional(SQL, args![artifact_id, commit]).await
    }

    /// The revision with that id.
    pub async fn find_revision_by_id(
        &mut self,
        id: &str,
    ) -> Result<Option<RevisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, artifact_id, commit_id, manifest_digest, card, listed_at
            FROM revision
            WHERE id = $1";
        self.db.fetch_optional(SQL, args![id]).await
    }

    /// The revisions with those ids, in no order that means anything.
    pub async fn find_revisions_by_id(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<RevisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, artifact_id, commit_id, manifest_digest, card, listed_at
            FROM revision
            WHERE id IN (SELECT id FROM wanted)
            ORDER BY id";
        self.db.fetch_wanted(SQL, ids).await
    }

    /// Every revision with exactly these files, the oldest first: a copy or a fork has them too.
    pub async fn list_revisions_with_manifest(
        &mut self,
        manifest: Digest,
        limit: u32,
    ) -> Result<Vec<RevisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, artifact_id, commit_id, manifest_digest, card, listed_at
            FROM revision
            WHERE manifest_digest = $1
            ORDER BY id
            LIMIT $2";
        self.db.fetch_all(SQL, args![manifest, limit]).await
    }

    /// Up to two commits of an artifact that begin with `prefix`: two mean that it is ambiguous.
    pub async fn list_commits_beginning(
        &mut self,
        artifact_id: &str,
        prefix: &str,
    ) -> Result<Vec<CommitId>, StoreError> {
        const SQL: &str = "
            SELECT commit_id
            FROM revision
            WHERE artifact_id = $1 AND commit_id >= $2 AND commit_id < $3
            ORDER BY commit_id
            LIMIT 2";
        // `g` follows the last hexadecimal digit.
        let given = args![artifact_id, prefix, format!("{prefix}g")];
        let commits: Vec<Commit> = self.db.fetch_all(SQL, given).await?;
        Ok(commits.into_iter().map(|commit| commit.0).collect())
    }

    /// The revisions of an artifact, the newest first, `before` excluded.
    pub async fn list_revisions(
        &mut self,
        artifact_id: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RevisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, artifact_id, commit_id, manifest_digest, card, listed_at
            FROM revision
            WHERE artifact_id = $1 AND id < $2
            ORDER BY id DESC
            LIMIT $3";
        self.db.fetch_all(SQL, args![artifact_id, before.unwrap_or("~"), limit]).await
    }

    /// The revisions of all artifacts, the newest first, `before` excluded.
    pub async fn list_latest_revisions(
        &mut self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RevisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, artifact_id, commit_id, manifest_digest, card, listed_at
            FROM revision
            WHERE id < $1
            ORDER BY id DESC
            LIMIT $2";
        self.db.fetch_all(SQL, args![before.unwrap_or("~"), limit]).await
    }

    /// How many revisions have a blob.
    pub async fn count_revisions_with_blob(&mut self, digest: Digest) -> Result<u64, StoreError> {
        const SQL: &str = "
            SELECT COUNT(DISTINCT revision_id) AS number FROM revision_file WHERE digest = $1";
        let found: Number = self.db.fetch_one(SQL, args![digest]).await?;
        Ok(found.0)
    }

    /// The revisions that a blob is part of, the oldest first, after the revision `after`.
    pub async fn list_revisions_with_blob(
        &mut self,
        digest: Digest,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RevisionRow>, StoreError> {
        const SQL: &str = "
            SELECT id, artifact_id, commit_id, manifest_digest, card, listed_at
            FROM revision
            WHERE id > $2 AND id IN (SELECT revision_id FROM revision_file WHERE digest = $1)
            ORDER BY id
            LIMIT $3";
        self.db.fetch_all(SQL, args![digest, after.unwrap_or_default(), limit]).await
    }
}

impl WriteTx {
    /// Adds a revision. A commit that is known already is a conflict.
    pub async fn insert_revision(&mut self, row: &RevisionRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO revision (id, artifact_id, commit_id, manifest_digest, card, listed_at)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let RevisionRow { id, artifact_id, commit, manifest, card, listed_at } = row;
        let given = args![id, artifact_id, commit, *manifest, card, *listed_at];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Sets the manifest digest of a revision. One that has another is a conflict: an identity is
    /// for ever.
    pub async fn set_manifest(&mut self, id: &str, manifest: Digest) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE revision SET manifest_digest = $2
            WHERE id = $1 AND (manifest_digest IS NULL OR manifest_digest = $2)";
        if self.db.execute(SQL, args![id, manifest]).await? == 1 {
            return Ok(());
        }
        Err(StoreError::Conflict(format!(
            "revision `{id}` does not exist or has another manifest than {manifest}"
        )))
    }
}
