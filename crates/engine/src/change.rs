//! One change of state and the ledger entry that tells it: they commit together or not at all.

use std::sync::atomic::Ordering;

use weighbridge_domain::{Digest, Ids};
use weighbridge_evidence::{Frontier, entry_text, leaf_hash};
use weighbridge_store::{LedgerHead, LedgerNode, LedgerRecord, StoreError, WriteTx};

use crate::{Engine, Event, tell};

/// A change under way. Dropped, it never happened.
pub struct Change {
    engine: Engine,
    tx: WriteTx,
    keeps_answers: bool,
    /// The envelopes of the attestations made in this change, by digest.
    attested: Vec<Digest>,
}

impl Engine {
    /// Begins a change. Never hold one across a network call.
    pub(crate) async fn begin(&self) -> Result<Change, StoreError> {
        let tx = self.0.store.write().await?;
        Ok(Change { engine: self.clone(), tx, keeps_answers: false, attested: Vec::new() })
    }
}

impl Change {
    /// The transaction, to read and write through.
    pub(crate) fn tx(&mut self) -> &mut WriteTx {
        &mut self.tx
    }

    /// Says that no prepared answer differs after this change, whatever its kind.
    pub(crate) fn keep_answers(&mut self) {
        self.keeps_answers = true;
    }

    /// Says that an attestation was made in this change: its entry names the envelope.
    pub(crate) fn has_attested(&mut self, envelope: Digest) {
        self.attested.push(envelope);
    }

    /// Where the ledger will tell of this change.
    pub(crate) fn position(&self) -> u64 {
        self.tx.head().size
    }

    /// Commits the change with its entry; answers the entry's position. Once begun, it is finished
    /// whoever goes away: a change that is made and not counted would leave stale answers in use.
    pub(crate) async fn commit(mut self, event: Event) -> Result<u64, StoreError> {
        let head = self.tx.head().clone();
        let at = self.engine.0.settings.clock.now();
        let body =
            serde_json::to_string(&event).map_err(|error| StoreError::Other(error.to_string()))?;
        let body = salted(&naming(body, &self.attested), &self.engine.0.settings.ids);
        let leaf = leaf_hash(entry_text(at, event.kind(), &body).as_bytes());
        let mut frontier = Frontier::from_parts(head.size, head.frontier)
            .map_err(|error| StoreError::Other(error.to_string()))?;
        let (size, mut nodes) = (head.size, Vec::new());
        let position = frontier.append_telling(leaf, |level, hash| {
            if let (true, Ok(tiles)) = (level.is_multiple_of(8), u8::try_from(level / 8)) {
                nodes.push(LedgerNode { level: tiles, position: size >> level, hash });
            }
        });
        let head = LedgerHead {
            size: frontier.size(),
            frontier: frontier.peaks().to_vec(),
            root: frontier.root(),
        };
        let changes_answers = event.changes_answers() && !self.keeps_answers;
        if changes_answers {
            self.tx.bump_generation().await?;
        }
        let kind = event.kind().to_owned();
        let is_told = tell::is_told(event.kind());
        let Change { engine, tx, .. } = self;
        let committing = tokio::spawn(async move {
            tx.commit(LedgerRecord { position, at, kind, body, leaf, head, nodes }).await?;
            if changes_answers {
                engine.0.generation.fetch_add(1, Ordering::AcqRel);
            }
            if is_told {
                engine.0.news.notify_one();
            }
            Ok(position)
        });
        committing.await.unwrap_or_else(|error| Err(StoreError::Other(error.to_string())))
    }
}

/// The body of an event, an object, with the attestations made in its change.
fn naming(mut body: String, attested: &[Digest]) -> String {
    if attested.is_empty() || !body.ends_with('}') {
        return body;
    }
    let digests: Vec<String> = attested.iter().map(|digest| format!("\"{digest}\"")).collect();
    body.pop();
    let comma = if body.ends_with('{') { "" } else { "," };
    format!("{body}{comma}\"attestations\":[{}]}}", digests.join(","))
}

/// The body with something nobody can guess in front. Its digest stays in the tree when it is erased, and must
/// not tell whether somebody's name was in it.
fn salted(body: &str, ids: &Ids) -> String {
    let mut salt = [0; 16];
    ids.fill(&mut salt);
    let salt = u128::from_be_bytes(salt);
    match body.strip_prefix('{') {
        Some(fields) if fields != "}" => format!("{{\"salt\":\"{salt:032x}\",{fields}"),
        _ => format!("{{\"salt\":\"{salt:032x}\"}}"),
    }
}
