//! Holds keys, proofs and documents: the Merkle log and the checkpoints that sign it, and attestations.
//! No I/O.

mod attestation;
mod audit;
mod checkpoint;
mod cosignature;
mod entry;
mod merkle;
mod note;
mod proof;
mod receipt;
mod seal;
mod tiles;
mod webhook;

pub use attestation::*;
pub use audit::{Broken, LogAudit, LogEntry, Verified, verify_log};
pub use checkpoint::{Checkpoint, CheckpointError, LogSigner, LogVerifier};
pub use cosignature::{WitnessSigner, WitnessVerifier};
pub use entry::{entry_text, erased_body, erased_digest};
pub use merkle::{BadFrontier, Frontier, MAX_SIZE, empty_root, leaf_hash, node_hash};
pub use note::{BadOrigin, BadVerifierKey, MAX_NOTE_BYTES, NoteError, Origin};
pub use proof::{
    BadProof, Nodes, ProofError, prove_consistency, prove_inclusion, root_of, verify_consistency,
    verify_inclusion,
};
pub use receipt::{BadReceipt, Receipt};
pub use seal::{CannotOpen, NONCE_BYTES, SealKey};
pub use tiles::{MAX_BUNDLE_BYTES, TILE_WIDTH, Tile, TileKind, read_bundle, write_bundle};
pub use webhook::{BadWebhookSecret, WEBHOOK_SECRET_BYTES, WebhookSecret};
