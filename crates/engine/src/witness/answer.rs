//! The witness's side: a checkpoint is cosigned when it continues the one that was cosigned before.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weighbridge_domain::Digest;
use weighbridge_evidence::{Checkpoint, LogVerifier, verify_consistency};
use weighbridge_store::{StoreError, WitnessedLogRow};

use crate::{Engine, Event};

/// The most hashes a proof may have, as the standard says.
const MOST_HASHES: usize = 63;

/// Why a checkpoint is not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum WitnessRefusal {
    /// It is not what the standard says.
    #[error("{0}")]
    Malformed(&'static str),
    /// Nobody said that this log is cosigned here.
    #[error("the log is not cosigned here")]
    UnknownLog,
    /// The log's key has not signed it.
    #[error("the log's key has not signed it")]
    NotSigned,
    /// The log was cosigned at another size.
    #[error("the log was cosigned at {0} entries")]
    OtherSize(u64),
    /// It does not continue what was cosigned before.
    #[error("it does not continue what was cosigned before")]
    NotContinued,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Submission<'a> {
    old_size: u64,
    proof: Vec<Digest>,
    note: &'a str,
}

impl Engine {
    /// Answers `add-checkpoint`: the cosignature line.
    pub async fn add_checkpoint(&self, body: &str) -> Result<String, WitnessRefusal> {
        let Submission { old_size, proof, note } = read(body)?;
        let origin = note.lines().next().unwrap_or_default();
        let known = self.0.store.read().await?.find_witnessed_log(origin).await?;
        let known = known.ok_or(WitnessRefusal::UnknownLog)?;
        let verifier =
            LogVerifier::from_vkey(&known.vkey).map_err(|_| WitnessRefusal::UnknownLog)?;
        let signed = verifier.verify(note).map_err(|_| WitnessRefusal::NotSigned)?;
        if old_size > signed.size {
            return Err(WitnessRefusal::Malformed("its old size is larger than its size"));
        }
        if old_size != known.size {
            return Err(WitnessRefusal::OtherSize(known.size));
        }
        let old_root = known.root.unwrap_or_else(weighbridge_evidence::empty_root);
        if old_size == signed.size && old_size > 0 && old_root != signed.root {
            self.alarm(&known, &signed, "another history of the same length").await?;
            return Err(WitnessRefusal::OtherSize(known.size));
        }
        let (size, root) = (signed.size, signed.root);
        if verify_consistency(old_size, size, &old_root, &root, &proof).is_err() {
            self.alarm(&known, &signed, "a history that does not continue the one before").await?;
            return Err(WitnessRefusal::NotContinued);
        }
        let now = self.0.settings.clock.now();
        // Kept before it is answered, and only if nobody else went on meanwhile.
        let store = &self.0.store;
        if !store.advance_witnessed_log(origin, old_size, (size, root), now).await? {
            let now = store.read().await?.find_witnessed_log(origin).await?;
            return Err(WitnessRefusal::OtherSize(now.map_or(0, |row| row.size)));
        }
        let seconds = u64::try_from(now.as_micros().div_euclid(1_000_000)).unwrap_or(0);
        Ok(self.0.witness.cosign(&signed.to_string(), seconds))
    }

    /// Says loudly that a log signed two histories. The same one is told once.
    async fn alarm(
        &self,
        known: &WitnessedLogRow,
        signed: &Checkpoint,
        what: &'static str,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let current = change.tx().find_witnessed_log(&known.origin).await?;
        if current.is_none_or(|row| row.alarmed_root == Some(signed.root)) {
            return Ok(());
        }
        tracing::error!(log = known.origin, size = signed.size, "a log shows {what}");
        change.tx().set_alarmed_root(&known.origin, signed.root).await?;
        change.keep_answers();
        let event = Event::WitnessAlarm {
            log: known.origin.clone(),
            what: what.to_owned(),
            known_size: known.size,
            known_root: known.root.map(|root| root.to_string()),
            size: signed.size,
            root: Some(signed.root.to_string()),
        };
        change.commit(event).await.map(drop)
    }
}

/// Reads `old N`, hashes, an empty line, and the note.
fn read(body: &str) -> Result<Submission<'_>, WitnessRefusal> {
    let wrong = WitnessRefusal::Malformed;
    let (head, note) = body.split_once("\n\n").ok_or(wrong("it has no empty line"))?;
    let mut lines = head.lines();
    let old = lines.next().and_then(|line| line.strip_prefix("old "));
    let old = old.ok_or(wrong("its first line is not `old` and a size"))?;
    let old_size: u64 = old.parse().map_err(|_| wrong("its old size is no number"))?;
    if old_size.to_string() != old {
        return Err(wrong("its old size is not a plain number"));
    }
    let mut proof = Vec::new();
    for line in lines {
        let hash = STANDARD.decode(line).ok().and_then(|bytes| bytes.try_into().ok());
        proof.push(Digest::from_bytes(hash.ok_or(wrong("a line of its proof is no hash"))?));
    }
    if proof.len() > MOST_HASHES {
        return Err(wrong("its proof has more than 63 hashes"));
    }
    Ok(Submission { old_size, proof, note })
}
