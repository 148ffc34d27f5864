//! One statement, signed and kept in the change it tells of.
//!
//! The list of files passes by in pages, so a revision of a hundred thousand files costs time in
//! proportion and memory for one page.

use serde::Serialize;
use weighbridge_domain::{Artifact, CommitId, Digest, Grade, RepoPath};
use weighbridge_evidence::{EnvelopeText, MAX_SUBJECTS, StatementText, file_subject};
use weighbridge_store::{AttestationRow, FilePage, Queries, StoreError, StoredSignature};

use super::package_url;
use crate::Engine;
use crate::change::Change;

/// Files that are read at once.
const PAGE: u32 = 1_000;
/// A longer list is left out of statements: the manifest names every file too. A reader of envelopes
/// takes 64 MiB, and base64 makes four bytes of three.
const LONGEST_LIST_BYTES: u64 = 40 << 20;

/// What a statement is about: a revision whose every file is known.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) revision_id: String,
    pub(crate) artifact: Artifact,
    pub(crate) commit: CommitId,
    pub(crate) manifest: Digest,
}

/// A statement to make.
pub(crate) struct NewStatement<'a, P> {
    /// What it tells of, so that it is told once.
    pub(crate) about: String,
    pub(crate) predicate_type: &'a str,
    pub(crate) predicate: &'a P,
    pub(crate) grade: Grade,
}

impl Engine {
    /// The revision, when every file of it is known.
    pub(crate) async fn find_sealed(
        &self,
        db: &mut Queries,
        revision_id: &str,
    ) -> Result<Option<Whole>, StoreError> {
        let Some(revision) = db.find_revision_by_id(revision_id).await? else { return Ok(None) };
        let Some(manifest) = revision.manifest else { return Ok(None) };
        let found = db.find_artifact_by_id(&revision.artifact_id).await?;
        Ok(found.map(|row| Whole {
            revision_id: revision.id,
            artifact: row.artifact,
            commit: revision.commit,
            manifest,
        }))
    }

    /// Makes, signs and keeps a statement, unless the same was told before.
    pub(crate) async fn attest<P: Serialize>(
        &self,
        change: &mut Change,
        whole: &Whole,
        new: NewStatement<'_, P>,
    ) -> Result<(), StoreError> {
        let db = change.tx();
        if db.find_attestation(&whole.revision_id, &new.about).await?.is_some() {
            return Ok(());
        }
        let predicate = serde_json::to_string(new.predicate)
            .map_err(|error| StoreError::Other(error.to_string()))?;
        let statement = statement(whole, new.predicate_type, &predicate);
        let (files, files_bytes) = self.subject_length(db, &whole.revision_id).await?;
        // The revision itself is a subject too.
        let lists_files = files < MAX_SUBJECTS as u64 && files_bytes <= LONGEST_LIST_BYTES;
        let length = statement.length_bytes(if lists_files { files_bytes } else { 0 });
        let (mut envelope, _) = EnvelopeText::begin(length);
        envelope.push(statement.before().as_bytes());
        if lists_files {
            let mut after = None;
            while let Some(page) = subjects_after(db, &whole.revision_id, &mut after).await? {
                envelope.push(page.as_bytes());
            }
        }
        envelope.push(statement.after().as_bytes());
        let signer = &self.0.attestation_signer;
        let (_, signature, digests) = envelope
            .sign(signer)
            .ok_or_else(|| StoreError::Other("the statement could not be signed".to_owned()))?;
        let now = self.0.settings.clock.now();
        let row = AttestationRow {
            id: self.0.settings.ids.ulid(now),
            revision_id: whole.revision_id.clone(),
            manifest: whole.manifest,
            about: new.about,
            predicate_type: new.predicate_type.to_owned(),
            grade: new.grade,
            trusted_key: None,
            keyid: signature.keyid.clone(),
            predicate: Some(predicate),
            envelope: None,
            lists_files,
            signatures: vec![StoredSignature {
                keyid: signature.keyid,
                sig: hex::encode(signature.bytes),
            }],
            envelope_digest: digests.envelope,
            payload_digest: digests.payload,
            position: change.position(),
            made_at: now,
        };
        change.tx().insert_attestation(&row).await?;
        change.has_attested(row.envelope_digest);
        Ok(())
    }

    /// How many files a revision has, and how long their subjects are together: it never changes.
    async fn subject_length(
        &self,
        db: &mut Queries,
        revision_id: &str,
    ) -> Result<(u64, u64), StoreError> {
        if let Some(known) = self.0.subject_lengths.get(revision_id) {
            return Ok(known);
        }
        let files = db.count_files(revision_id).await?.files;
        let (mut bytes, mut after) = (0_u64, None);
        while let Some(page) = subjects_after(db, revision_id, &mut after).await? {
            bytes = bytes.saturating_add(page.len() as u64);
            if bytes > LONGEST_LIST_BYTES {
                break;
            }
        }
        self.0.subject_lengths.insert(revision_id.to_owned(), (files, bytes));
        Ok((files, bytes))
    }
}

/// The statement without its files.
pub(super) fn statement(whole: &Whole, predicate_type: &str, predicate: &str) -> StatementText {
    let name = package_url(&whole.artifact, &whole.commit);
    StatementText::new(&name, whole.manifest, whole.commit.as_str(), predicate_type, predicate)
}

/// The subjects of the next page of files; `None` after the last.
pub(super) async fn subjects_after(
    db: &mut Queries,
    revision_id: &str,
    after: &mut Option<RepoPath>,
) -> Result<Option<String>, StoreError> {
    let page = FilePage { folder: "", after: after.as_ref(), limit: PAGE };
    let rows = db.list_files(revision_id, &page).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    *after = Some(last.path.clone());
    let mut text = String::new();
    for row in rows {
        // A revision with a manifest knows the digest of every file.
        let unknown = || StoreError::Other(format!("`{}` has a manifest and no digest", row.path));
        let digest = row.digest.ok_or_else(unknown)?;
        text.push_str(&file_subject(row.path.as_str(), digest));
    }
    Ok(Some(text))
}
