//! What is kept, as others read it: lists, and envelopes piece by piece.

use weighbridge_domain::{Artifact, Digest, RepoPath, RevisionSpec};
use weighbridge_evidence::{
    EnvelopeSignature, EnvelopeText, PublicKey, StatementText, bundle_around,
};
use weighbridge_store::{ArtifactRow, AttestationRow, Queries, RevisionRow, StoreError};

use super::write::{statement, subjects_after};
use crate::Engine;
use crate::report::find_revision;

/// What is said about a revision.
#[derive(Clone, Debug)]
pub struct AttestationReport {
    /// The artifact.
    pub artifact: ArtifactRow,
    /// The revision.
    pub revision: RevisionRow,
    /// What is said, the oldest first.
    pub rows: Vec<AttestationRow>,
}

/// How an envelope is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeForm {
    /// The DSSE envelope alone.
    Dsse,
    /// A Sigstore bundle v0.3 around it.
    Sigstore,
}

/// The public keys of this instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceKeys {
    /// Of its attestations.
    pub attestations: PublicKey,
    /// The name of its ledger.
    pub log_origin: String,
    /// Of its ledger: a C2SP verifier key.
    pub log: String,
}

/// An envelope on its way out.
pub struct AttestationText {
    engine: Engine,
    row: AttestationRow,
    form: EnvelopeForm,
    stage: Stage,
}

enum Stage {
    /// An envelope of somebody else, or nothing to add.
    Whole(String),
    Begin(StatementText),
    Files(StatementText, EnvelopeText, Option<RepoPath>),
    End(StatementText, EnvelopeText),
    Done,
}

impl Engine {
    /// The public keys of this instance.
    pub fn instance_keys(&self) -> InstanceKeys {
        InstanceKeys {
            attestations: self.0.attestation_signer.public().clone(),
            log_origin: self.0.signer.origin().to_string(),
            log: self.log_verifier().vkey(),
        }
    }

    /// What is said about a revision, the oldest first; `None` when our records do not have it.
    pub async fn list_attestations(
        &self,
        artifact: &Artifact,
        revision: &RevisionSpec,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Option<AttestationReport>, StoreError> {
        let mut db = self.0.store.read().await?;
        let Some(artifact) = db.find_artifact(artifact).await? else { return Ok(None) };
        let Some(revision) = find_revision(&mut db, &artifact.id, revision).await? else {
            return Ok(None);
        };
        let rows = db.list_attestations(&revision.id, after, limit).await?;
        Ok(Some(AttestationReport { artifact, revision, rows }))
    }

    /// The attestations with that envelope, each with what it is about: copies of a revision can
    /// share one.
    pub async fn find_attestations(
        &self,
        envelope: Digest,
    ) -> Result<Vec<(AttestationRow, ArtifactRow)>, StoreError> {
        let mut db = self.0.store.read().await?;
        let mut found = Vec::new();
        for row in db.list_attestations_by_digest(envelope).await? {
            if let Some(artifact) = artifact_of(&mut db, &row).await? {
                found.push((row, artifact));
            }
        }
        Ok(found)
    }

    /// The envelope of an attestation, to be read piece by piece; `None` when what it tells was erased.
    pub async fn read_attestation(
        &self,
        row: AttestationRow,
        form: EnvelopeForm,
    ) -> Result<Option<AttestationText>, StoreError> {
        let stage = if row.trusted_key.is_some() {
            // Lists leave the text out.
            let mut db = self.0.store.read().await?;
            let found = db.find_attestation(&row.revision_id, &row.about).await?;
            found.and_then(|row| row.envelope).map(Stage::Whole)
        } else if let Some(predicate) = &row.predicate {
            let mut db = self.0.store.read().await?;
            let whole = self.find_sealed(&mut db, &row.revision_id).await?;
            whole.map(|whole| Stage::Begin(statement(&whole, &row.predicate_type, predicate)))
        } else {
            None
        };
        let engine = self.clone();
        Ok(stage.map(|stage| AttestationText { engine, row, form, stage }))
    }
}

impl AttestationText {
    /// The next piece; `None` after the last. What does not come out as it was signed ends in an error.
    pub async fn next(&mut self) -> Result<Option<String>, StoreError> {
        let (before, after) = self.around();
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Done => Ok(None),
            Stage::Whole(text) => Ok(Some(format!("{before}{text}{after}"))),
            Stage::Begin(statement) => {
                // The length matters to whoever signs only.
                let (mut envelope, first) = EnvelopeText::begin(0);
                let piece = envelope.push(statement.before().as_bytes());
                self.stage = if self.row.lists_files {
                    Stage::Files(statement, envelope, None)
                } else {
                    Stage::End(statement, envelope)
                };
                Ok(Some(format!("{before}{first}{piece}")))
            }
            Stage::Files(statement, mut envelope, mut last) => {
                let mut db = self.engine.0.store.read().await?;
                let page = subjects_after(&mut db, &self.row.revision_id, &mut last).await?;
                let piece = page.map(|page| envelope.push(page.as_bytes()));
                self.stage = if piece.is_some() {
                    Stage::Files(statement, envelope, last)
                } else {
                    Stage::End(statement, envelope)
                };
                Ok(Some(piece.unwrap_or_default()))
            }
            Stage::End(statement, mut envelope) => {
                let piece = envelope.push(statement.after().as_bytes());
                let signatures = self.row.signatures.iter().map(|stored| EnvelopeSignature {
                    keyid: stored.keyid.clone(),
                    bytes: hex::decode(&stored.sig).unwrap_or_default(),
                });
                let signatures: Vec<EnvelopeSignature> = signatures.collect();
                let (last, digests) = envelope.end(&signatures);
                if digests.envelope != self.row.envelope_digest {
                    let id = &self.row.id;
                    let why = format!("attestation `{id}` is not what was signed: it was changed");
                    return Err(StoreError::Other(why));
                }
                Ok(Some(format!("{piece}{last}{after}")))
            }
        }
    }

    /// The whole text, for those that are read at once.
    pub async fn read_all(mut self) -> Result<String, StoreError> {
        let mut text = String::new();
        while let Some(piece) = self.next().await? {
            text.push_str(&piece);
        }
        Ok(text)
    }

    fn around(&self) -> (String, &'static str) {
        match self.form {
            EnvelopeForm::Dsse => (String::new(), ""),
            EnvelopeForm::Sigstore => bundle_around(&hint(&self.row.keyid)),
        }
    }
}

/// The hint of a bundle is the name of the key in base64.
fn hint(keyid: &str) -> String {
    keyid.parse().map(PublicKey::hint_of).unwrap_or_default()
}

async fn artifact_of(
    db: &mut Queries,
    row: &AttestationRow,
) -> Result<Option<ArtifactRow>, StoreError> {
    let Some(revision) = db.find_revision_by_id(&row.revision_id).await? else { return Ok(None) };
    db.find_artifact_by_id(&revision.artifact_id).await
}
