//! The only crate with SQL; and the bytes of blobs, as files under a directory.
//!
//! - [`Store`] hands out a [`Reader`] for questions and a [`WriteTx`] for changes. Both answer every
//!   question of [`Queries`].
//! - [`WriteTx::commit`] takes the ledger record: a change without a record does not compile.
//! - One SQL text serves `SQLite` and `PostgreSQL`; what keeps it portable is in `db.rs`.
//! - [`BlobDir`] keeps the bytes: partial, quarantined, released.

mod accounts;
mod artifacts;
mod attestations;
mod blobs;
mod break_glass;
mod change;
mod checkpoints;
mod counts;
mod db;
mod decisions;
mod documents;
mod downloads;
mod error;
mod files;
mod instance;
mod lanes;
mod ledger;
mod migrate;
mod policies;
mod pulled;
mod recalls;
mod refs;
mod requests;
mod revisions;
mod scans;
mod sessions;
mod sign_in_failures;
mod sources;
mod store;
mod tokens;
mod trusted_keys;
mod turns;
mod waivers;
mod webhook_deliveries;
mod webhooks;
mod witnesses;

pub use accounts::{AccountRow, GrantRow, PasswordHash};
pub use artifacts::{ArtifactPage, ArtifactRow};
pub use attestations::{AttestationRow, ForeignAttestationRow, StoredSignature};
pub use blobs::{BlobDir, BlobError, BlobRow, PartialBlob, WholeBlob};
pub use break_glass::BreakGlassRow;
pub use change::{LedgerNode, LedgerRecord, Queries, Reader, WriteTx};
pub use checkpoints::CheckpointRow;
pub use counts::{BlobCount, Counts, DecisionCount};
pub use decisions::DecisionRow;
pub use downloads::{DownloadPage, DownloadRow};
pub use error::StoreError;
pub use files::{FileCount, FilePage, FileRow};
pub use lanes::lane_document;
pub use ledger::{EntryKindRow, EntryRow, LedgerHead};
pub use policies::{CallerCount, ForReplay, PolicyRow};
pub use pulled::PulledRow;
pub use recalls::{DownloaderRow, RecallRow};
pub use refs::RefRow;
pub use requests::{ApprovalRow, ApprovedRow, MinePage, NoteRow, Place, RequestPage, RequestRow};
pub use revisions::RevisionRow;
pub use scans::{PathFinding, RepositoryScanRow, RescanProgress, ScanRow, StalePage, StaleScan};
pub use sessions::SessionRow;
pub use sign_in_failures::{FailureKey, FailureRow};
pub use sources::{ReservedNameRow, SourceCredentialRow, SourcePatternRow, SourceRow};
pub use store::{Store, StoreUrl};
pub use tokens::TokenRow;
pub use trusted_keys::TrustedKeyRow;
pub use waivers::WaiverRow;
pub use webhook_deliveries::{DeliveryCount, DeliveryRow, DeliveryState, Settled};
pub use webhooks::WebhookRow;
pub use witnesses::{CosignatureRow, LogWitnessRow, WitnessedLogRow};
