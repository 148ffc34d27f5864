//! The ledger: its entries, its checkpoints, and whether all of it still hashes to what was signed.

use std::num::NonZero;
use std::ops::RangeInclusive;
use std::thread::available_parallelism;

use futures_util::{StreamExt as _, stream};
use tokio::task::JoinHandle;
use weighbridge_domain::Digest;
use weighbridge_evidence::{Frontier, entry_text, erased_digest, leaf_hash};
use weighbridge_store::{CheckpointRow, EntryRow, StoreError};

use crate::Engine;

/// Entries and checkpoints that are read at once.
const BATCH: u32 = 2000;

/// What a verification found.
#[derive(Clone, Debug)]
pub struct LedgerReport {
    /// How many entries were hashed.
    pub entries: u64,
    /// The root they hash to.
    pub root: Digest,
    /// How many signed checkpoints were compared with it on the way.
    pub checkpoints: u64,
    /// The key that signed them.
    pub key: String,
    /// How many entries are there without what they tell.
    pub erased: u64,
    /// What does not fit, the first of its kind; `None` when everything does.
    pub fault: Option<LedgerFault>,
}

/// Where the ledger is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFault {
    /// An entry is missing, or one too many is there.
    #[error("entry {expected} is missing: the next one is {found}")]
    Gap {
        /// The position that should come.
        expected: u64,
        /// The position that came.
        found: u64,
    },
    /// An entry says something else than when it was made.
    #[error("entry {0} was changed: its text does not hash to its leaf")]
    Changed(u64),
    /// A body is gone, and no entry says who erased it.
    #[error("what entry {0} tells is gone, and no entry says that it was erased")]
    Erased(u64),
    /// The head does not follow from the entries.
    #[error("the head says {claimed} entries with root {root}; the entries say otherwise")]
    Head {
        /// How many entries the head claims.
        claimed: u64,
        /// The root it claims.
        root: Digest,
    },
    /// A checkpoint was signed over another history.
    #[error("the checkpoint over {0} entries was signed over another history")]
    Checkpoint(u64),
    /// Entries that were signed are gone.
    #[error("a checkpoint was signed over {signed} entries, and there are {left}: the end is gone")]
    Cut {
        /// Over how many entries.
        signed: u64,
        /// How many there are.
        left: u64,
    },
    /// A checkpoint is not signed by our key.
    #[error("the checkpoint over {size} entries is not believed: {why}")]
    Signature {
        /// Its size.
        size: u64,
        /// Why not.
        why: String,
    },
}

/// Why the ledger could not be read to its end.
pub type VerifyError = StoreError;

impl Engine {
    /// Entries in their order, the first at `from`.
    pub async fn list_entries(&self, from: u64, limit: u32) -> Result<Vec<EntryRow>, StoreError> {
        self.0.store.read().await?.list_entries(from, limit).await
    }

    /// The last entries, the oldest of them first.
    pub async fn list_last_entries(&self, limit: u32) -> Result<Vec<EntryRow>, StoreError> {
        let mut entries = self.0.store.read().await?.list_last_entries(limit).await?;
        entries.reverse();
        Ok(entries)
    }

    /// The checkpoint over the ledger as it stands; it is signed now if it was not yet.
    pub async fn checkpoint(&self) -> Result<CheckpointRow, StoreError> {
        let mut db = self.0.store.read().await?;
        let head = db.ledger_head().await?;
        let latest = db.find_latest_checkpoint().await?;
        drop(db);
        if let Some(latest) = latest.filter(|latest| latest.size == head.size) {
            return Ok(latest);
        }
        let row = CheckpointRow {
            size: head.size,
            root: head.root,
            note: self.0.signer.sign(head.size, head.root),
            signed_at: self.0.settings.clock.now(),
        };
        self.0.store.insert_checkpoint(&row).await?;
        self.0.signed.invalidate(&());
        Ok(row)
    }

    /// The public key that checkpoints are checked with.
    pub fn log_key(&self) -> String {
        self.0.signer.verifier().vkey()
    }

    /// Hashes every entry anew and compares the result with the head and with every checkpoint.
    pub async fn verify_ledger(&self) -> Result<LedgerReport, VerifyError> {
        // The head is read first: what is appended meanwhile lies behind it.
        let head = self.0.store.read().await?.ledger_head().await?;
        let mut walk = Walk::default();
        let mut due = self.next_checkpoints(0).await?;
        self.compare(&mut walk, &mut due).await?;
        let ranges = stream::iter((0..head.size).step_by(usize::try_from(BATCH).unwrap_or(1)));
        // One batch for every core, and one that waits for its turn.
        let at_once = available_parallelism().map_or(1, NonZero::get) + 1;
        let mut batches = ranges.map(|from| self.read_hashed(from)).buffered(at_once);
        'walk: while let Some(batch) = batches.next().await {
            for entry in batch.map_err(|error| StoreError::Other(error.to_string()))?? {
                if walk.frontier.size() == head.size || walk.fault.is_some() {
                    break 'walk;
                }
                walk.take(entry);
                self.compare(&mut walk, &mut due).await?;
            }
        }
        let is_head = walk.frontier.size() == head.size && walk.frontier.root() == head.root;
        if walk.fault.is_none() && !is_head {
            walk.fault = Some(LedgerFault::Head { claimed: head.size, root: head.root });
        }
        if walk.fault.is_none() {
            walk.fault = walk.find_unexplained().or(self.find_cut().await?);
        }
        Ok(LedgerReport {
            entries: walk.frontier.size(),
            root: walk.frontier.root(),
            checkpoints: walk.checkpoints,
            key: self.log_key(),
            erased: walk.erased.len() as u64,
            fault: walk.fault,
        })
    }

    /// Reads some entries and hashes them, beside others. Their order is the walk's to check.
    fn read_hashed(&self, from: u64) -> JoinHandle<Result<Vec<Hashed>, StoreError>> {
        let engine = self.clone();
        tokio::spawn(async move {
            let entries = engine.list_entries(from, BATCH).await?;
            Ok(entries.iter().map(Hashed::of).collect())
        })
    }

    /// Compares the checkpoints over the entries walked so far.
    async fn compare(
        &self,
        walk: &mut Walk,
        due: &mut Vec<CheckpointRow>,
    ) -> Result<(), StoreError> {
        while let Some(checkpoint) = due.last().filter(|row| row.size == walk.frontier.size()) {
            walk.fault = self.doubt(checkpoint, walk.frontier.root());
            walk.checkpoints += 1;
            let next = checkpoint.size.saturating_add(1);
            due.pop();
            if due.is_empty() {
                *due = self.next_checkpoints(next).await?;
            }
            if walk.fault.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Whether a checkpoint covers more entries than there are.
    async fn find_cut(&self) -> Result<Option<LedgerFault>, StoreError> {
        let mut db = self.0.store.read().await?;
        // In this order: entries that are appended and signed meanwhile are no fault.
        let latest = db.find_latest_checkpoint().await?;
        let left = db.ledger_head().await?.size;
        let signed = latest.map_or(0, |checkpoint| checkpoint.size);
        Ok((signed > left).then_some(LedgerFault::Cut { signed, left }))
    }

    fn doubt(&self, row: &CheckpointRow, root: Digest) -> Option<LedgerFault> {
        match self.0.signer.verifier().verify(&row.note) {
            Ok(signed) if signed.size == row.size && signed.root == root => None,
            Ok(_) => Some(LedgerFault::Checkpoint(row.size)),
            Err(why) => Some(LedgerFault::Signature { size: row.size, why: why.to_string() }),
        }
    }

    /// Checkpoints over at least `from` entries, the smallest last.
    async fn next_checkpoints(&self, from: u64) -> Result<Vec<CheckpointRow>, StoreError> {
        let mut rows = self.0.store.read().await?.list_checkpoints(from, BATCH).await?;
        rows.reverse();
        Ok(rows)
    }
}

/// A verification under way.
#[derive(Default)]
struct Walk {
    frontier: Frontier,
    /// Entries whose bodies are gone.
    erased: Vec<u64>,
    /// Entries of which others say that their bodies were erased.
    explained: Vec<RangeInclusive<u64>>,
    checkpoints: u64,
    fault: Option<LedgerFault>,
}

/// What a walk has to know of an entry.
struct Hashed {
    position: u64,
    /// The hash of what stands there now.
    hash: Digest,
    /// The leaf that was kept with it.
    leaf: Digest,
    body: Body,
}

/// What the body of an entry means for the others.
enum Body {
    Whole,
    /// It is gone.
    Erased,
    /// It says that these are gone.
    Explains(Vec<RangeInclusive<u64>>),
}

impl Hashed {
    fn of(entry: &EntryRow) -> Hashed {
        let body = if erased_digest(&entry.body).is_some() {
            Body::Erased
        } else if entry.kind == "ledger.bodies-erased" {
            let told: ErasureText = serde_json::from_str(&entry.body).unwrap_or_default();
            Body::Explains(told.entries.iter().map(|run| run.first..=run.last).collect())
        } else {
            Body::Whole
        };
        let hash = leaf_hash(entry_text(entry.at, &entry.kind, &entry.body).as_bytes());
        Hashed { position: entry.position, hash, leaf: entry.leaf, body }
    }
}

impl Walk {
    fn take(&mut self, entry: Hashed) {
        let expected = self.frontier.size();
        if entry.position != expected {
            self.fault = Some(LedgerFault::Gap { expected, found: entry.position });
            return;
        }
        if entry.hash != entry.leaf {
            self.fault = Some(LedgerFault::Changed(entry.position));
            return;
        }
        self.frontier.append(entry.hash);
        match entry.body {
            Body::Whole => {}
            Body::Erased => self.erased.push(entry.position),
            Body::Explains(runs) => self.explained.extend(runs),
        }
    }

    /// The first body that is gone without a word.
    fn find_unexplained(&self) -> Option<LedgerFault> {
        let said = |position: &&u64| self.explained.iter().any(|run| run.contains(*position));
        self.erased.iter().find(|position| !said(position)).copied().map(LedgerFault::Erased)
    }
}

/// What of an erasure's body matters here.
#[derive(Default, serde::Deserialize)]
struct ErasureText {
    entries: Vec<ErasureRun>,
}

#[derive(serde::Deserialize)]
struct ErasureRun {
    first: u64,
    last: u64,
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::Timestamp;

    use super::*;

    fn entry(position: u64, kind: &str, body: String) -> Hashed {
        let (at, kind) = (Timestamp::from_micros(0), kind.to_owned());
        let leaf = leaf_hash(entry_text(at, &kind, &body).as_bytes());
        Hashed::of(&EntryRow { position, at, kind, body, leaf })
    }

    #[test]
    fn a_body_that_is_gone_without_a_word_is_a_fault() {
        let mut walk = Walk::default();
        let gone = weighbridge_evidence::erased_body(Digest::of(b"x"));
        walk.take(entry(0, "token.created", gone));
        assert_eq!(walk.find_unexplained(), Some(LedgerFault::Erased(0)));
        let told = r#"{"entries":[{"first":0,"last":4}]}"#.to_owned();
        walk.take(entry(1, "ledger.bodies-erased", told));
        assert_eq!((walk.find_unexplained(), walk.fault), (None, None));
    }

    #[test]
    fn an_entry_that_is_missing_or_comes_twice_is_a_gap() {
        for (second, found) in [(2, 2), (0, 0)] {
            let mut walk = Walk::default();
            walk.take(entry(0, "token.created", "{}".to_owned()));
            walk.take(entry(second, "token.created", "{}".to_owned()));
            assert_eq!(walk.fault, Some(LedgerFault::Gap { expected: 1, found }));
        }
    }
}
