//! Envelopes of others: taken when a key that the operator trusts for this signed them, and they are about
//! exactly the bytes that are here.
//!
//! A digest of a statement matches when ANY of its algorithms does, says in-toto; here only SHA-256 names
//! bytes, and a statement is about a revision when it names its manifest, or every one of its files by path
//! and SHA-256. A commit id is SHA-1 and matches nothing.

use std::collections::HashMap;

use weighbridge_domain::{Artifact, Caller, Digest, Grade, RepoPath, RevisionSpec};
use weighbridge_evidence::predicate::{BadPredicate, Shape, check};
use weighbridge_evidence::{
    BadEnvelope, BadStatement, Envelope, IN_TOTO_TYPE, PublicKey, Statement, envelope_in_bundle,
};
use weighbridge_store::{
    AttestationRow, FilePage, Queries, StoreError, StoredSignature, TrustedKeyRow,
};

use super::trust::covers;
use super::write::Whole;
use crate::report::find_revision;
use crate::{Engine, Event};

/// The most envelopes of others about one revision.
const MAX_IMPORTS: usize = 1_000;
/// Files that are read at once.
const PAGE: u32 = 1_000;

/// What became of an envelope.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What is kept of it.
    pub row: AttestationRow,
    /// It was here before.
    pub was_known: bool,
}

/// Why an envelope of somebody else is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such revision in our records.
    #[error("nothing of `{0}` is here")]
    NoSuchRevision(String),
    /// Its bytes are not all here, so that nothing can be compared with them.
    #[error(
        "not every file of this revision is here yet: nobody can say what the envelope is about"
    )]
    NotWhole,
    /// It is no envelope.
    #[error(transparent)]
    Envelope(#[from] BadEnvelope),
    /// It holds something else.
    #[error("it holds `{0}`, not an in-toto statement")]
    OtherPayload(String),
    /// Nobody who is trusted signed it.
    #[error("no key that is trusted here signed it; it names {}", named(.0))]
    Untrusted(Vec<String>),
    /// It is no statement.
    #[error(transparent)]
    Statement(#[from] BadStatement),
    /// Its predicate is not what its type says.
    #[error("its predicate is broken: {0}")]
    Predicate(#[from] BadPredicate),
    /// The key is trusted for something else.
    #[error("key `{key}` signed it, and is not trusted for `{predicate_type}` about {artifact}")]
    OutOfScope {
        /// The key.
        key: String,
        /// What was said.
        predicate_type: String,
        /// About what.
        artifact: Artifact,
    },
    /// It is about other bytes.
    #[error("it is about other bytes: {0}")]
    OtherBytes(String),
    /// There are too many.
    #[error("this revision has {MAX_IMPORTS} envelopes of others already")]
    TooMany,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn named(keyids: &[String]) -> String {
    let named: Vec<String> = keyids
        .iter()
        .filter(|keyid| !keyid.is_empty())
        .take(4)
        .map(|keyid| {
            format!("`{}`", keyid.chars().take(80).flat_map(char::escape_debug).collect::<String>())
        })
        .collect();
    if named.is_empty() { "no key".to_owned() } else { named.join(", ") }
}

impl Engine {
    /// Takes an envelope, alone or in a Sigstore bundle, about a revision that is here.
    pub async fn import_attestation(
        &self,
        by: &Caller,
        artifact: &Artifact,
        revision: &RevisionSpec,
        text: Vec<u8>,
    ) -> Result<Imported, ImportError> {
        let mut db = self.0.store.read().await?;
        let no_such = || ImportError::NoSuchRevision(format!("{artifact}@{revision}"));
        let row = db.find_artifact(artifact).await?.ok_or_else(no_such)?;
        let found = find_revision(&mut db, &row.id, revision).await?.ok_or_else(no_such)?;
        let whole = self.find_sealed(&mut db, &found.id).await?.ok_or(ImportError::NotWhole)?;
        let trusted = db.list_trusted_keys().await?;
        drop(db);
        let about = whole.artifact.clone();
        // Hashing and curves keep a thread busy.
        let read = tokio::task::spawn_blocking(move || read(&text, &trusted, &about)).await;
        let read = read.map_err(|error| StoreError::Other(error.to_string()))??;
        let mut db = self.0.store.read().await?;
        is_about(&mut db, &whole, &read.statement).await?;
        drop(db);
        self.keep(by, whole, read).await
    }

    async fn keep(&self, by: &Caller, whole: Whole, read: Read) -> Result<Imported, ImportError> {
        let now = self.0.settings.clock.now();
        let envelope = read.envelope.json();
        let digest = Digest::of(envelope.as_bytes());
        let about = format!("import/{digest}");
        let signatures = read.envelope.signatures.iter().map(|signature| StoredSignature {
            keyid: signature.keyid.clone(),
            sig: hex::encode(&signature.bytes),
        });
        let mut change = self.begin().await?;
        let row = AttestationRow {
            id: self.0.settings.ids.ulid(now),
            revision_id: whole.revision_id.clone(),
            manifest: whole.manifest,
            about,
            predicate_type: read.statement.predicate_type.clone(),
            // What nobody here can read is what somebody says.
            grade: if read.shape == Shape::Known { read.key.grade } else { Grade::Declared },
            trusted_key: Some(read.key.name.clone()),
            keyid: read.key.keyid.clone(),
            predicate: None,
            envelope: Some(envelope),
            lists_files: true,
            signatures: signatures.collect(),
            envelope_digest: digest,
            payload_digest: Digest::of(&read.envelope.payload),
            position: change.position(),
            made_at: now,
        };
        if let Some(row) = change.tx().find_attestation(&whole.revision_id, &row.about).await? {
            return Ok(Imported { row, was_known: true });
        }
        // The key may have been removed while its signature was checked.
        let trusted = change.tx().list_trusted_keys().await?;
        if !trusted.contains(&read.key) {
            return Err(ImportError::Untrusted(vec![read.key.keyid]));
        }
        let limit = u32::try_from(MAX_IMPORTS).unwrap_or(u32::MAX).saturating_mul(10);
        let known = change.tx().list_attestations(&whole.revision_id, None, limit).await?;
        if known.iter().filter(|row| row.trusted_key.is_some()).count() >= MAX_IMPORTS {
            return Err(ImportError::TooMany);
        }
        change.tx().insert_attestation(&row).await?;
        change.has_attested(row.envelope_digest);
        change
            .commit(Event::AttestationImported {
                by: by.name.clone(),
                artifact: whole.artifact.to_string(),
                commit: whole.commit.to_string(),
                manifest: whole.manifest.to_string(),
                predicate_type: row.predicate_type.clone(),
                grade: row.grade.as_str(),
                key: read.key.name,
                keyid: row.keyid.clone(),
            })
            .await?;
        Ok(Imported { row, was_known: false })
    }
}

/// An envelope that a trusted key signed for this kind of thing.
struct Read {
    envelope: Envelope,
    statement: Statement,
    shape: Shape,
    key: TrustedKeyRow,
}

fn read(text: &[u8], trusted: &[TrustedKeyRow], artifact: &Artifact) -> Result<Read, ImportError> {
    let envelope = match envelope_in_bundle(text)? {
        Some(envelope) => envelope,
        None => Envelope::parse(text)?,
    };
    if envelope.payload_type != IN_TOTO_TYPE {
        let shown = envelope.payload_type.chars().take(100).flat_map(char::escape_debug).collect();
        return Err(ImportError::OtherPayload(shown));
    }
    let keys: Vec<PublicKey> =
        trusted.iter().filter_map(|row| PublicKey::from_pem(&row.pem).ok()).collect();
    let signers: Vec<String> = envelope.signers(&keys).iter().map(|key| key.keyid()).collect();
    let mut signed = trusted.iter().filter(|row| signers.contains(&row.keyid)).peekable();
    let Some(first) = signed.peek().map(|row| row.name.clone()) else {
        let named = envelope.signatures.into_iter().map(|signature| signature.keyid);
        return Err(ImportError::Untrusted(named.collect()));
    };
    // Nothing in the payload is looked at before its signature was.
    let statement = Statement::parse(&envelope.payload)?;
    let shape = check(&statement.predicate_type, &statement.predicate)?;
    let key = signed.find(|row| covers(row, &statement.predicate_type, artifact)).cloned();
    let key = key.ok_or_else(|| ImportError::OutOfScope {
        key: first,
        predicate_type: statement.predicate_type.clone(),
        artifact: artifact.clone(),
    })?;
    Ok(Read { envelope, statement, shape, key })
}

/// Whether the statement names the manifest, or every file by path and SHA-256.
async fn is_about(
    db: &mut Queries,
    whole: &Whole,
    statement: &Statement,
) -> Result<(), ImportError> {
    let mut named: HashMap<&str, Digest> = HashMap::new();
    let mut without = 0_usize;
    for subject in &statement.subjects {
        match subject.sha256() {
            Some(digest) if digest == whole.manifest => return Ok(()),
            Some(digest) => {
                let name = subject.name.strip_prefix("./").unwrap_or(&subject.name);
                named.insert(name, digest);
            }
            None => without += 1,
        }
    }
    let mut after: Option<RepoPath> = None;
    loop {
        let page = FilePage { folder: "", after: after.as_ref(), limit: PAGE };
        let rows = db.list_files(&whole.revision_id, &page).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.path.clone());
        for row in rows {
            let is_same =
                named.get(row.path.as_str()).copied() == row.digest && row.digest.is_some();
            if is_same {
                continue;
            }
            let note = if without > 0 {
                format!(
                    "; {without} of its subjects have no SHA-256, and other digests name no bytes here"
                )
            } else {
                String::new()
            };
            return Err(ImportError::OtherBytes(format!(
                "it names neither the manifest {} nor `{}` with its SHA-256{note}",
                whole.manifest, row.path
            )));
        }
    }
}
