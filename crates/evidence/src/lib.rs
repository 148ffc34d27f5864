//! Holds keys, proofs and documents: the Merkle log and the checkpoints that sign it. No I/O.

mod checkpoint;
mod merkle;
mod note;

pub use checkpoint::{Checkpoint, CheckpointError, LogSigner, LogVerifier};
pub use merkle::{BadFrontier, Frontier, MAX_SIZE, empty_root, leaf_hash, node_hash};
pub use note::{BadOrigin, BadVerifierKey, MAX_NOTE_BYTES, NoteError, Origin};
