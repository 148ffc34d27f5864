//! Witnessing (C2SP tlog-witness): one instance cosigns the checkpoints of another, so that no log can show
//! different histories to different people.

mod answer;
mod ask;
mod manage;

use weighbridge_evidence::{BadVerifierKey, NoteError, WitnessVerifier};

pub use answer::WitnessRefusal;
pub(crate) use ask::find_cosigned_checkpoint;
pub use manage::{NewWitness, WitnessError, WitnessReport};

/// The rows that reports are made of.
pub use weighbridge_store::{LogWitnessRow, WitnessedLogRow};

/// Why a cosignature is not believed.
#[derive(Debug, thiserror::Error)]
pub enum CosignatureError {
    /// The key is none.
    #[error("the witness's key cannot be used: {0}")]
    Key(#[from] BadVerifierKey),
    /// The note is not cosigned by it.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// Verifies that the witness with that key cosigned a checkpoint; tells when, in seconds since 1970.
pub fn verify_cosigned(note: &str, key: &str) -> Result<u64, CosignatureError> {
    Ok(WitnessVerifier::from_vkey(key.trim())?.verify(note)?)
}
