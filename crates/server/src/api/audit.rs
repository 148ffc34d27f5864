//! The ledger: its entries, its checkpoints, and whether it still hashes to what was signed.

pub(crate) mod add_checkpoint;
pub(crate) mod checkpoint;
pub(crate) mod entries;
pub(crate) mod erase;
pub(crate) mod log;
pub(crate) mod receipt;
pub(crate) mod stream;
pub(crate) mod verify;
pub(crate) mod witnesses;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::{CheckpointRow, EntryRow, LedgerReport};

pub use erase::{EraseBodies, ErasureView};
pub use witnesses::{AddWitness, WitnessesView};

/// One entry of the ledger.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntryView {
    /// Its place, from 0.
    pub position: u64,
    /// When.
    pub at: String,
    /// What kind of event.
    pub kind: String,
    /// The event; null once it was erased.
    pub body: serde_json::Value,
    /// The hash of its leaf.
    pub leaf: String,
}

/// What a verification found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct VerificationView {
    /// Whether every entry hashes to what was signed.
    pub is_intact: bool,
    /// How many entries were hashed.
    pub entries: u64,
    /// The root they hash to.
    pub root: String,
    /// How many signed checkpoints were compared on the way.
    pub checkpoints: u64,
    /// The public key that signed them.
    pub key: String,
    /// How many entries are there without what they tell.
    #[serde(default)]
    pub erased: u64,
    /// What does not fit, the first of its kind.
    pub fault: Option<String>,
}

/// A signed root.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckpointView {
    /// How many entries it covers.
    pub entries: u64,
    /// The root of their tree.
    pub root: String,
    /// The signed note (C2SP tlog-checkpoint).
    pub note: String,
    /// When it was signed.
    pub signed_at: String,
    /// The public key to check it with.
    pub key: String,
}

impl From<EntryRow> for EntryView {
    fn from(row: EntryRow) -> EntryView {
        EntryView {
            position: row.position,
            at: row.at.to_string(),
            kind: row.kind,
            // What is no JSON is shown as it is: hiding it would hide that it was changed.
            body: match serde_json::from_str(&row.body) {
                Ok(body) => body,
                Err(_) if row.body.starts_with("erased:") => serde_json::Value::Null,
                Err(_) => serde_json::Value::String(row.body),
            },
            leaf: row.leaf.to_string(),
        }
    }
}

impl From<LedgerReport> for VerificationView {
    fn from(report: LedgerReport) -> VerificationView {
        VerificationView {
            is_intact: report.fault.is_none(),
            entries: report.entries,
            root: report.root.to_string(),
            checkpoints: report.checkpoints,
            key: report.key,
            erased: report.erased,
            fault: report.fault.map(|fault| fault.to_string()),
        }
    }
}

impl CheckpointView {
    fn of(row: CheckpointRow, key: String) -> CheckpointView {
        CheckpointView {
            entries: row.size,
            root: row.root.to_string(),
            note: row.note,
            signed_at: row.signed_at.to_string(),
            key,
        }
    }
}
