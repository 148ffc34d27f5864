//! Blobs: what is known of them (here) and their bytes (in the folder).

mod directory;
mod error;
mod origins;
mod partial;

pub use directory::BlobDir;
pub use error::BlobError;
pub use partial::{PartialBlob, WholeBlob};

use weighbridge_domain::{Custody, Digest, GitOid, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

/// Bytes, known by their SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRow {
    /// Their SHA-256.
    pub digest: Digest,
    /// How many they are.
    pub size_bytes: u64,
    /// The id git gives them, when it was computed.
    pub git_oid: Option<GitOid>,
    /// Where they stand.
    pub custody: Custody,
    /// When they were last fetched.
    pub quarantined_at: Timestamp,
    /// When their custody last changed; `None` while it is the first.
    pub judged_at: Option<Timestamp>,
}

impl Record for BlobRow {
    const TABLE: &'static str = "blob";
    const KEY: &'static [&'static str] = &["digest"];

    fn read(row: Row<'_>) -> Result<BlobRow, BadColumn> {
        Ok(BlobRow {
            digest: row.parsed("digest")?,
            size_bytes: row.count("size_bytes")?,
            git_oid: row.optional_parsed("git_oid")?,
            custody: row.parsed("custody")?,
            quarantined_at: row.moment("quarantined_at")?,
            judged_at: row.optional_moment("judged_at")?,
        })
    }
}

impl Queries {
    /// What is known of a blob.
    pub async fn find_blob(&mut self, digest: Digest) -> Result<Option<BlobRow>, StoreError> {
        const SQL: &str = "
            SELECT digest, size_bytes, git_oid, custody, quarantined_at, judged_at
            FROM blob
            WHERE digest = $1";
        self.db.fetch_optional(SQL, args![digest]).await
    }

    /// The blob with that git id and size. SHA-1 can be made to collide, so where two blobs have it
    /// there is no answer.
    pub async fn find_blob_by_git_oid(
        &mut self,
        oid: GitOid,
        size_bytes: u64,
    ) -> Result<Option<BlobRow>, StoreError> {
        const SQL: &str = "
            SELECT digest, size_bytes, git_oid, custody, quarantined_at, judged_at
            FROM blob
            WHERE git_oid = $1
            ORDER BY digest
            LIMIT 2";
        let mut found: Vec<BlobRow> = self.db.fetch_all(SQL, args![oid]).await?;
        let only = found.pop().filter(|blob| found.is_empty() && blob.size_bytes == size_bytes);
        Ok(only)
    }

    /// Blobs that stand there, by digest, after `after`.
    pub async fn list_blobs(
        &mut self,
        custody: Custody,
        after: Option<Digest>,
        limit: u32,
    ) -> Result<Vec<BlobRow>, StoreError> {
        const SQL: &str = "
            SELECT digest, size_bytes, git_oid, custody, quarantined_at, judged_at
            FROM blob
            WHERE custody = $1 AND digest > $2
            ORDER BY digest
            LIMIT $3";
        let after = after.map(|digest| digest.to_string()).unwrap_or_default();
        self.db.fetch_all(SQL, args![custody, after, limit]).await
    }

    /// The blobs of a revision that were fetched, each once.
    pub async fn list_blobs_of_revision(
        &mut self,
        revision_id: &str,
    ) -> Result<Vec<BlobRow>, StoreError> {
        const SQL: &str = "
            SELECT digest, size_bytes, git_oid, custody, quarantined_at, judged_at
            FROM blob
            WHERE digest IN (SELECT digest FROM revision_file WHERE revision_id = $1)
            ORDER BY digest";
        self.db.fetch_all(SQL, args![revision_id]).await
    }
}

impl WriteTx {
    /// Takes fetched and verified bytes into quarantine. False when they are known already: their
    /// custody stays what it is.
    pub async fn insert_blob(
        &mut self,
        digest: Digest,
        size_bytes: u64,
        git_oid: Option<GitOid>,
        quarantined_at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            INSERT INTO blob (digest, size_bytes, git_oid, custody, quarantined_at, judged_at)
            VALUES ($1, $2, $3, 'quarantined', $4, NULL)
            ON CONFLICT (digest) DO NOTHING";
        let given = args![digest, size_bytes, git_oid, quarantined_at];
        Ok(self.db.execute(SQL, given).await? == 1)
    }

    /// Notes the git id of a blob that came in by its SHA-256.
    pub async fn set_git_oid(&mut self, digest: Digest, oid: GitOid) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE blob SET git_oid = $2 WHERE digest = $1";
        Ok(self.db.execute(SQL, args![digest, oid]).await? == 1)
    }

    /// Moves a blob from one custody to another. A blob that does not stand at `from`, or may not
    /// go that way, is a conflict.
    pub async fn set_custody(
        &mut self,
        digest: Digest,
        from: Custody,
        to: Custody,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE blob SET custody = $3, judged_at = $4 WHERE digest = $1 AND custody = $2";
        if !from.may_become(to) {
            return Err(StoreError::Conflict(format!("{from} bytes never become {to}")));
        }
        if self.db.execute(SQL, args![digest, from, to, at]).await? == 1 {
            return Ok(());
        }
        Err(StoreError::Conflict(format!("blob {digest} is not {from}")))
    }

    /// Takes rejected bytes that were fetched again back into quarantine, to be judged again. Bytes
    /// that are not rejected are a conflict.
    pub async fn requarantine(&mut self, digest: Digest, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE blob SET custody = 'quarantined', quarantined_at = $2, judged_at = NULL
            WHERE digest = $1 AND custody = 'rejected'";
        if self.db.execute(SQL, args![digest, at]).await? == 1 {
            return Ok(());
        }
        Err(StoreError::Conflict(format!("blob {digest} is not rejected")))
    }
}
