//! The only crate that changes state. Every change commits with the ledger entry that tells it.

mod accounts;
mod admit;
mod attest;
mod change;
mod download;
mod event;
mod flight;
mod manage;
mod open;
mod pulls;
mod report;
mod rescan;
mod review;
mod rules;
mod settings;
mod sign_in;
mod tell;
mod tick;
mod views;
mod witness;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use moka::sync::Cache;
use tokio::sync::{Notify, Semaphore};
use weighbridge_domain::{Artifact, CommitId, SourceName, Timestamp};
use weighbridge_evidence::{AttestationSigner, LogSigner, SealKey};
use weighbridge_scan::Scanner;
use weighbridge_store::{BlobDir, Store};
use weighbridge_upstream::{Http, Outlet, RepoInfo};

pub use accounts::*;
pub use admit::browse::{NamedRevision, RefList};
pub use admit::{Ask, Card, FileView, Reading, Refused, RevisionView, Standing};
pub use attest::*;
pub use change::Change;
pub use download::{Download, DownloadError, DownloadedFile, DownloadedRepository};
pub use event::Event;
pub use manage::*;
pub use report::*;
pub use rescan::Rescanned;
pub use review::*;
pub use rules::*;
pub use settings::{EngineSettings, EnvironmentSettings, OpenError};
pub use sign_in::SignInError;
pub use tell::*;
pub use witness::*;

pub use weighbridge_policy::{
    Bundle, Complaint, Difference, EnvironmentPolicy, MAX_BUNDLE_BYTES, MAX_FILE_BYTES, MAX_FILES,
    OwnRule, ParameterValue, Place, PolicyError, RuleSetting, SWITCHES, SettingError, TestOutcome,
    TestRun, Workers, parameter_meaning,
};
/// What the settings are made of.
/// What evidence is made of.
pub use weighbridge_policy::{FindingCounts, FindingFact, FormatFact};
pub use weighbridge_scan::Limits;
pub use weighbridge_store::StoreUrl;
pub use weighbridge_store::{CallerCount, PolicyRow};
pub use weighbridge_upstream::{HttpSettings, Network, OutletSettings};

/// What Weighbridge does. Cheap to clone; all handlers share one.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    settings: EngineSettings,
    store: Store,
    blobs: BlobDir,
    http: Http,
    /// The way to webhooks.
    outlet: Outlet,
    /// Cosigns other logs.
    witness: weighbridge_evidence::WitnessSigner,
    /// Woken when something was committed that people may want to be told.
    news: Notify,
    /// Receivers that are being told something right now.
    told_now: Mutex<HashSet<String>>,
    scanner: Scanner,
    /// Workers that may run at once: each may take a core and the memory of its limits.
    scan_places: Semaphore,
    /// The same for looks at the start of files on their way in: short, and somebody waits for them, so
    /// that files which keep the scanner busy must not keep them out.
    look_places: Semaphore,
    /// Looking again at what lies here is one worker's work, and yields to everybody else's.
    rescan_place: Semaphore,
    /// The digest of the scanner's rules: a verdict holds for the rules that gave it.
    ruleset: String,
    /// Whether the kernel holds the scanner's worker completely.
    sandboxed: bool,
    passwords: accounts::passwords::Passwords,
    policy: rules::active::InUse,
    /// Where rules of the house's own run.
    own_rules: weighbridge_policy::Place,
    rule_places: rules::ask::RulePlaces,
    signer: LogSigner,
    attestation_signer: AttestationSigner,
    /// How many files each revision lists, and how long their subjects are.
    subject_lengths: Cache<String, (u64, u64)>,
    secret_key: SealKey,
    /// Counts the changes after which prepared answers are stale.
    generation: AtomicU64,
    /// Work in the background ends quietly.
    is_closing: AtomicBool,
    views: views::Views,
    /// When each token was last noted to be in use.
    token_uses: Cache<String, Timestamp>,
    summaries: Cache<String, Arc<admit::facts::FileSummary>>,
    /// Since when callers of files have waited for a revision.
    waits: Cache<Ask, tokio::time::Instant>,
    pulls: pulls::Recorder,
    transfers: admit::transfer::Transfers,
    /// What went wrong a moment ago: a caller whose stream was cut off asks again at once, and is told.
    failures: Cache<(admit::transfer::Key, Artifact), (u32, Refused)>,
    /// Tiles of the ledger above the leaves and at its end: most receipts need the same ones. What a tile of
    /// some width holds never changes.
    tiles: Cache<weighbridge_evidence::Tile, Arc<report::TileNodes>>,
    /// The checkpoint that receipts are given by. An older one proves an entry as well as the newest.
    signed: Cache<(), Arc<weighbridge_store::CheckpointRow>>,
    /// Reserved names as they were under a generation.
    reserved: Cache<u64, Arc<Vec<weighbridge_store::ReservedNameRow>>>,
    /// Sources that did not answer when they were asked last.
    silent: Cache<SourceName, ()>,
    /// Files that may be fetched from each source at once.
    fetch_places: Cache<SourceName, Arc<Semaphore>>,
    questions: flight::Flights<(SourceName, Ask), Result<Option<RepoInfo>, Refused>>,
    listings: flight::Flights<(Artifact, CommitId), Result<RevisionRow, Refused>>,
    examinations: flight::Flights<String, Result<(), Refused>>,
    /// Whole revisions on their way in.
    intakes: flight::Flights<String, Result<(), Refused>>,
}

impl Engine {
    /// The settings it was opened with.
    pub fn settings(&self) -> &EngineSettings {
        &self.0.settings
    }

    /// The store, for reading.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Who can check the checkpoints of this instance's ledger.
    pub fn log_verifier(&self) -> weighbridge_evidence::LogVerifier {
        self.0.signer.verifier()
    }

    /// How many files are on their way in.
    pub fn transfers_under_way(&self) -> usize {
        self.0.transfers.len()
    }

    /// The age of prepared answers. With SQLite this process is the only writer and counts itself;
    /// with PostgreSQL another replica may have written, so the database is asked.
    pub(crate) async fn generation(&self) -> Result<u64, StoreError> {
        match self.0.settings.database {
            StoreUrl::Sqlite(_) => Ok(self.0.generation.load(Ordering::Acquire)),
            StoreUrl::Postgres(_) => self.0.store.generation().await,
        }
    }
}
