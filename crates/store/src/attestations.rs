//! Attestations: signed statements about revisions, ours and those of others.

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Digest, Grade, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::scans::to_json;
use crate::{Queries, StoreError, WriteTx};

/// A signed statement about a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationRow {
    /// A ULID.
    pub id: String,
    /// The revision.
    pub revision_id: String,
    /// Its identity, as the statement names it.
    pub manifest: Digest,
    /// What it tells of, so that it is told once.
    pub about: String,
    /// What kind of thing it tells.
    pub predicate_type: String,
    /// How well it is known.
    pub grade: Grade,
    /// The name of the trusted key that signed it; `None` when we did.
    pub trusted_key: Option<String>,
    /// The key that signed it: SHA-256 of its DER.
    pub keyid: String,
    /// What it tells: JSON. `None` when it was erased, or when it came from outside.
    pub predicate: Option<String>,
    /// The envelope as it came. `None` when it was erased, or when it is ours: then it is written anew.
    pub envelope: Option<String>,
    /// Its subjects are the files too, not only the manifest.
    pub lists_files: bool,
    /// Who signed, and how.
    pub signatures: Vec<StoredSignature>,
    /// SHA-256 of the envelope: what the ledger names.
    pub envelope_digest: Digest,
    /// SHA-256 of the statement.
    pub payload_digest: Digest,
    /// Where the ledger tells of it.
    pub position: u64,
    /// When.
    pub made_at: Timestamp,
}

/// A signature, as the table keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSignature {
    /// The name of the key.
    pub keyid: String,
    /// The signature, in hexadecimal.
    pub sig: String,
}

impl Record for AttestationRow {
    const TABLE: &'static str = "attestation";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<AttestationRow, BadColumn> {
        Ok(AttestationRow {
            id: row.text("id")?,
            revision_id: row.text("revision_id")?,
            manifest: row.parsed("manifest_digest")?,
            about: row.text("about")?,
            predicate_type: row.text("predicate_type")?,
            grade: row.parsed("grade")?,
            trusted_key: row.optional_text("trusted_key")?,
            keyid: row.text("keyid")?,
            predicate: row.optional_text("predicate")?,
            envelope: row.optional_text("envelope")?,
            lists_files: row.flag("lists_files")?,
            signatures: row.json("signatures")?,
            envelope_digest: row.parsed("envelope_digest")?,
            payload_digest: row.parsed("payload_digest")?,
            position: row.count("position")?,
            made_at: row.moment("made_at")?,
        })
    }
}

/// What somebody else says of a revision, and by which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignAttestationRow {
    /// What kind of thing it tells.
    pub predicate_type: String,
    /// SHA-256 of the DER of the key.
    pub keyid: String,
    /// How well it was known when it came.
    pub grade: Grade,
}

impl Record for ForeignAttestationRow {
    const TABLE: &'static str = "attestation";
    const KEY: &'static [&'static str] = &["predicate_type", "keyid"];

    fn read(row: Row<'_>) -> Result<ForeignAttestationRow, BadColumn> {
        Ok(ForeignAttestationRow {
            predicate_type: row.text("predicate_type")?,
            keyid: row.text("keyid")?,
            grade: row.parsed("grade")?,
        })
    }
}

impl Queries {
    /// What was said about a revision, the oldest first, after the one with the id `after`. The texts of
    /// what came from outside are left out: they can be large.
    pub async fn list_attestations(
        &mut self,
        revision_id: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AttestationRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, manifest_digest, about, predicate_type, grade, trusted_key, keyid,
                predicate, CASE WHEN envelope IS NULL THEN NULL ELSE '' END AS envelope,
                lists_files, signatures, envelope_digest, payload_digest, position, made_at
            FROM attestation
            WHERE revision_id = $1 AND ($2 = ''
                OR (position, id) > (SELECT position, id FROM attestation WHERE id = $2))
            ORDER BY position, id
            LIMIT $3";
        let given = args![revision_id, after.unwrap_or_default(), limit];
        self.db.fetch_all(SQL, given).await
    }

    /// The attestations with that envelope: one, or several of copies of a revision.
    pub async fn list_attestations_by_digest(
        &mut self,
        envelope: Digest,
    ) -> Result<Vec<AttestationRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, manifest_digest, about, predicate_type, grade, trusted_key, keyid,
                predicate, envelope, lists_files, signatures, envelope_digest, payload_digest,
                position, made_at
            FROM attestation
            WHERE envelope_digest = $1
            ORDER BY id
            LIMIT 100";
        self.db.fetch_all(SQL, args![envelope]).await
    }

    /// What was told of that about a revision.
    pub async fn find_attestation(
        &mut self,
        revision_id: &str,
        about: &str,
    ) -> Result<Option<AttestationRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, manifest_digest, about, predicate_type, grade, trusted_key, keyid,
                predicate, envelope, lists_files, signatures, envelope_digest, payload_digest,
                position, made_at
            FROM attestation
            WHERE revision_id = $1 AND about = $2";
        self.db.fetch_optional(SQL, args![revision_id, about]).await
    }

    /// The newest envelope of each key of others with that kind of statement about a revision, the newest first.
    /// Whether the key is trusted now, the caller has to look up.
    pub async fn list_newest_foreign(
        &mut self,
        revision_id: &str,
        predicate_type: &str,
    ) -> Result<Vec<AttestationRow>, StoreError> {
        const SQL: &str = "
            SELECT id, revision_id, manifest_digest, about, predicate_type, grade, trusted_key, keyid,
                predicate, envelope, lists_files, signatures, envelope_digest, payload_digest,
                position, made_at
            FROM attestation
            WHERE revision_id = $1 AND predicate_type = $2 AND trusted_key IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM attestation AS later
                    WHERE later.revision_id = attestation.revision_id
                        AND later.predicate_type = attestation.predicate_type
                        AND later.trusted_key IS NOT NULL AND later.keyid = attestation.keyid
                        AND later.position > attestation.position)
            ORDER BY position DESC, id DESC
            LIMIT 10";
        self.db.fetch_all(SQL, args![revision_id, predicate_type]).await
    }

    /// What others say about a revision, each kind once a key. Whether the key is trusted now, the caller
    /// has to look up.
    pub async fn list_foreign_attestations(
        &mut self,
        revision_id: &str,
    ) -> Result<Vec<ForeignAttestationRow>, StoreError> {
        const SQL: &str = "
            SELECT DISTINCT predicate_type, keyid, grade
            FROM attestation
            WHERE revision_id = $1 AND trusted_key IS NOT NULL
            ORDER BY predicate_type, keyid, grade
            LIMIT 1000";
        self.db.fetch_all(SQL, args![revision_id]).await
    }
}

impl WriteTx {
    /// Adds an attestation. What was told before is a conflict.
    pub async fn insert_attestation(&mut self, row: &AttestationRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO attestation (id, revision_id, manifest_digest, about, predicate_type, grade,
                trusted_key, keyid, predicate, envelope, lists_files, signatures, envelope_digest,
                payload_digest, position, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        let given = args![
            &row.id,
            &row.revision_id,
            row.manifest,
            &row.about,
            &row.predicate_type,
            row.grade,
            row.trusted_key.as_ref(),
            &row.keyid,
            row.predicate.as_ref(),
            row.envelope.as_ref(),
            row.lists_files,
            to_json(&row.signatures)?,
            row.envelope_digest,
            row.payload_digest,
            row.position,
            row.made_at,
        ];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Erases what an attestation tells, and keeps that there was one; false when there is none.
    pub async fn erase_attestation(&mut self, envelope: Digest) -> Result<bool, StoreError> {
        const SQL: &str = "
            UPDATE attestation SET predicate = NULL, envelope = NULL WHERE envelope_digest = $1";
        Ok(self.db.execute(SQL, args![envelope]).await? > 0)
    }
}
