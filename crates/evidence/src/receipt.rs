//! Receipts: one file that proves one entry of the log, offline (C2SP tlog-proof).
//!
//! The `extra` line holds the entry itself: its hash is what the proof is about, so that it cannot be
//! another one.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weighbridge_domain::Digest;

use crate::checkpoint::{Checkpoint, CheckpointError, LogVerifier};
use crate::merkle::leaf_hash;
use crate::proof::{BadProof, verify_inclusion};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The largest receipt that is read: an entry, 64 hashes and a note.
const MAX_BYTES: usize = 256 * 1024;

/// What proves one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The entry.
    pub entry: Vec<u8>,
    /// Its place in the log, from 0.
    pub position: u64,
    /// The hashes from its leaf to the root.
    pub proof: Vec<Digest>,
    /// The signed checkpoint of the tree.
    pub note: String,
}

/// Why a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReceipt {
    /// It is no receipt.
    #[error("it is no receipt: {0}")]
    Malformed(&'static str),
    /// Its checkpoint is not believed.
    #[error("its checkpoint is not believed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not in the log.
    #[error("its entry is not in the log: {0}")]
    Proof(#[from] BadProof),
}

impl Receipt {
    /// The file.
    pub fn text(&self) -> String {
        let mut text = format!("{HEADER}\nextra {}\n", STANDARD.encode(&self.entry));
        writeln!(text, "index {}", self.position).ok();
        for hash in &self.proof {
            writeln!(text, "{}", STANDARD.encode(hash.as_bytes())).ok();
        }
        text.push('\n');
        text.push_str(&self.note);
        text
    }

    /// Reads a file. One without the entry in its `extra` line is none of ours.
    pub fn parse(text: &str) -> Result<Receipt, BadReceipt> {
        if text.len() > MAX_BYTES {
            return Err(BadReceipt::Malformed("it is too long"));
        }
        let wrong = BadReceipt::Malformed;
        let (head, note) = text.split_once("\n\n").ok_or(wrong("it has no checkpoint"))?;
        let mut lines = head.lines();
        if lines.next() != Some(HEADER) {
            return Err(wrong("its first line is not `c2sp.org/tlog-proof@v1`"));
        }
        let extra = lines.next().and_then(|line| line.strip_prefix("extra "));
        let entry = extra.and_then(|text| STANDARD.decode(text).ok());
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let position: Option<u64> = index.and_then(|text| text.parse().ok());
        if position.is_some_and(|position| Some(position.to_string().as_str()) != index) {
            return Err(wrong("its index is not a plain number"));
        }
        let mut proof = Vec::new();
        for line in lines {
            let hash = STANDARD.decode(line).ok().and_then(|bytes| bytes.try_into().ok());
            proof.push(Digest::from_bytes(hash.ok_or(wrong("a line is no hash"))?));
        }
        Ok(Receipt {
            entry: entry.ok_or(wrong("it has no `extra` line with the entry"))?,
            position: position.ok_or(wrong("it has no index"))?,
            proof,
            note: note.to_owned(),
        })
    }

    /// Verifies that whoever has the key signed a log with this entry; tells the checkpoint.
    pub fn verify(&self, verifier: &LogVerifier) -> Result<Checkpoint, BadReceipt> {
        let checkpoint = verifier.verify(&self.note)?;
        let leaf = leaf_hash(&self.entry);
        verify_inclusion(&leaf, self.position, checkpoint.size, &checkpoint.root, &self.proof)?;
        Ok(checkpoint)
    }
}
