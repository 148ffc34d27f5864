//! What people ask about the state of things. Nothing here changes anything, and nothing asks
//! upstream: an answer comes from our own records or not at all.

mod artifacts;
mod attested;
mod decisions;
mod downloads;
mod exported;
mod ledger;
mod log;
mod missing;
mod receipt;
mod replay;
mod revisions;
mod status;
mod stream;
mod why;

pub use artifacts::{ArtifactReport, RevisionSummary};
pub use attested::{
    ATTESTATION_KEY_FILE, AttestedReport, ENVELOPE_SUFFIX, ENVELOPES_FOLDER, MANIFEST_FILE,
    VerifiedEnvelope, verify_attested,
};
pub use decisions::{DecisionFilter, DecisionPage, DecisionReport};
pub use downloads::DownloadReport;
pub use exported::{ExportError, ExportReport, KEY_FILE, exported_files, verify_export};
pub use ledger::{LedgerFault, LedgerReport, VerifyError};
pub use missing::Missing;
pub(crate) use receipt::TileNodes;
pub use receipt::{ReceiptError, ReceiptReport, verify_receipt};
pub use replay::Replay;
pub(crate) use revisions::find_revision;
pub use revisions::{FileReport, RevisionReport};
pub use status::StatusReport;
pub use stream::entry_line;
pub use why::{Explanation, LastRefusal};

/// The rows that reports are made of.
pub use weighbridge_store::{
    AccountRow, ArtifactPage, ArtifactRow, BreakGlassRow, CheckpointRow, Counts, DecisionRow,
    DownloadRow, EntryRow, FileCount, FileRow, GrantRow, NoteRow, PathFinding, PulledRow,
    RecallRow, RefRow, RequestRow, ReservedNameRow, RevisionRow, ScanRow, SessionRow, StoreError,
    TokenRow, WaiverRow,
};
