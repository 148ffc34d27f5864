//! Reads a log from its first entry and checks every hash and every checkpoint on the way.

use std::collections::BTreeMap;

use weighbridge_domain::Digest;

use crate::checkpoint::Checkpoint;
use crate::merkle::{Frontier, leaf_hash};

/// One entry, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place in the log, from 0.
    pub position: u64,
    /// What was logged.
    pub body: Vec<u8>,
    /// The leaf hash that was kept with it.
    pub leaf: Digest,
}

/// A log that holds together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries were read.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// How many checkpoints were checked.
    pub checkpoints: u64,
    /// How many entries the last checkpoint covers; those after it are not signed yet.
    pub signed_size: u64,
}

/// Where a log does not hold together, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the log is broken at position {position}: {why}")]
pub struct Broken {
    /// The first position that cannot be believed.
    pub position: u64,
    /// What is wrong there.
    pub why: String,
}

/// A check that entries are fed into, in order. It needs memory for the checkpoints only.
#[derive(Clone, Debug)]
pub struct LogAudit {
    frontier: Frontier,
    expected: BTreeMap<u64, Vec<Digest>>,
    checked: u64,
    signed_size: u64,
}

impl LogAudit {
    /// Starts before the first entry. The signatures of `checkpoints` were verified by whoever
    /// read them; all have to be of one log, in any order.
    pub fn start(checkpoints: impl IntoIterator<Item = Checkpoint>) -> Result<LogAudit, Broken> {
        let mut expected: BTreeMap<u64, Vec<Digest>> = BTreeMap::new();
        let mut origin = None;
        for checkpoint in checkpoints {
            let log = origin.get_or_insert_with(|| checkpoint.origin.clone());
            if *log != checkpoint.origin {
                let why = format!("checkpoints of `{log}` and of `{}`", checkpoint.origin);
                return Err(Broken { position: checkpoint.size, why });
            }
            expected.entry(checkpoint.size).or_default().push(checkpoint.root);
        }
        let mut audit =
            LogAudit { frontier: Frontier::new(), expected, checked: 0, signed_size: 0 };
        audit.check_root()?;
        Ok(audit)
    }

    /// Takes the next entry.
    pub fn entry(&mut self, position: u64, body: &[u8], leaf: &Digest) -> Result<(), Broken> {
        let next = self.frontier.size();
        if position != next {
            let why = format!("the next entry says it is at position {position}");
            return Err(Broken { position: next, why });
        }
        let hash = leaf_hash(body);
        if hash != *leaf {
            let why = format!("the entry has leaf hash {hash}, and {leaf} was kept with it");
            return Err(Broken { position, why });
        }
        self.frontier.append(hash);
        self.check_root()
    }

    /// Ends after the last entry: no checkpoint may be left over.
    pub fn finish(self) -> Result<Verified, Broken> {
        let size = self.frontier.size();
        if let Some((signed, _)) = self.expected.last_key_value() {
            let why = format!("the log ends here, and a checkpoint covers {signed} entries");
            return Err(Broken { position: size, why });
        }
        Ok(Verified {
            size,
            root: self.frontier.root(),
            checkpoints: self.checked,
            signed_size: self.signed_size,
        })
    }

    fn check_root(&mut self) -> Result<(), Broken> {
        let size = self.frontier.size();
        let Some(roots) = self.expected.remove(&size) else {
            return Ok(());
        };
        let root = self.frontier.root();
        for signed in roots {
            if signed != root {
                let why = format!(
                    "the first {size} entries have root {root}, and a checkpoint signs {signed}"
                );
                // The change is somewhere before; from the checkpoint on nothing is believed.
                return Err(Broken { position: self.signed_size, why });
            }
            self.checked += 1;
        }
        self.signed_size = size;
        Ok(())
    }
}

/// Checks a whole log. Where entries are read a page at a time, use [`LogAudit`] itself.
pub fn verify_log(
    entries: impl IntoIterator<Item = LogEntry>,
    checkpoints: impl IntoIterator<Item = Checkpoint>,
) -> Result<Verified, Broken> {
    let mut audit = LogAudit::start(checkpoints)?;
    for entry in entries {
        audit.entry(entry.position, &entry.body, &entry.leaf)?;
    }
    audit.finish()
}
