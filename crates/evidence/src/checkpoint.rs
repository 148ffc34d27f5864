//! C2SP checkpoints: what a log signs about itself.
//!
//! Format: <https://c2sp.org/tlog-checkpoint>. Extension lines are refused: nobody could audit them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weighbridge_domain::Digest;

use crate::merkle::MAX_SIZE;
use crate::note::{BadVerifierKey, NoteError, NoteSigner, NoteVerifier, Origin};

/// A log's size and root at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: Origin,
    /// How many entries it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
}

/// Why a signed checkpoint is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is not believed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The signed text is not a checkpoint.
    #[error("it is not a checkpoint: {0}")]
    Malformed(&'static str),
    /// It is about another log.
    #[error("it is a checkpoint of `{found}`, not of `{expected}`")]
    OtherLog {
        /// The log that was expected.
        expected: Origin,
        /// The log it is about.
        found: Origin,
    },
}

/// Signs checkpoints in the name of one log.
#[derive(Clone)]
pub struct LogSigner(NoteSigner);

impl LogSigner {
    /// The signer whose Ed25519 secret is `seed`.
    pub fn from_seed(seed: [u8; 32], origin: Origin) -> LogSigner {
        LogSigner(NoteSigner::from_seed(&seed, origin))
    }

    /// The log's name.
    pub fn origin(&self) -> &Origin {
        self.0.verifier().name()
    }

    /// Signs the log's size and root, and gives the note to keep and to publish.
    pub fn sign(&self, size: u64, root: Digest) -> String {
        let checkpoint = Checkpoint { origin: self.origin().clone(), size, root };
        self.0.sign(&checkpoint.to_string())
    }

    /// Who can check what this signs.
    pub fn verifier(&self) -> LogVerifier {
        LogVerifier(self.0.verifier().clone())
    }
}

impl fmt::Debug for LogSigner {
    /// Tells the name and never the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogSigner({})", self.origin())
    }
}

/// Checks the checkpoints of one log.
#[derive(Clone, Debug)]
pub struct LogVerifier(NoteVerifier);

impl LogVerifier {
    /// Reads a verifier key: `name+id+key`.
    pub fn from_vkey(text: &str) -> Result<LogVerifier, BadVerifierKey> {
        NoteVerifier::from_vkey(text).map(LogVerifier)
    }

    /// The verifier key, to be published.
    pub fn vkey(&self) -> String {
        self.0.vkey()
    }

    /// The log's name.
    pub fn origin(&self) -> &Origin {
        self.0.name()
    }

    /// The checkpoint in `note`, once the log's key has signed it.
    pub fn verify(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        let checkpoint = Checkpoint::read(self.0.verify(note)?)?;
        if checkpoint.origin != *self.origin() {
            return Err(CheckpointError::OtherLog {
                expected: self.origin().clone(),
                found: checkpoint.origin,
            });
        }
        Ok(checkpoint)
    }
}

impl fmt::Display for Checkpoint {
    /// The three lines that are signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }
}

impl Checkpoint {
    fn read(text: &str) -> Result<Checkpoint, CheckpointError> {
        let malformed = CheckpointError::Malformed;
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(malformed("it has fewer than three lines"));
        };
        if lines.next().is_some() {
            return Err(malformed("it has extension lines, which no log of ours writes"));
        }
        let origin = origin.parse().map_err(|_| malformed("its first line names no log"))?;
        let written = size;
        let size: u64 = size.parse().map_err(|_| malformed("its size is not a number"))?;
        if size > MAX_SIZE || size.to_string() != written {
            return Err(malformed("its size is not one a log can have"));
        }
        let root = STANDARD
            .decode(root)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or(malformed("its root is not 32 bytes of base64"))?;
        Ok(Checkpoint { origin, size, root: Digest::from_bytes(root) })
    }
}
