//! What an engine is opened with.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use weighbridge_domain::{Clock, Confirmation, Environment, Ids};
use weighbridge_policy::EnvironmentPolicy;
use weighbridge_scan::Limits;
use weighbridge_store::StoreUrl;
use weighbridge_upstream::{HttpSettings, OutletSettings};

use crate::PasswordCost;

/// Everything an engine needs to know.
#[derive(Clone)]
pub struct EngineSettings {
    /// Where keys and blobs are kept.
    pub data: PathBuf,
    /// Where state is kept.
    pub database: StoreUrl,
    /// The environments, in the order people think of them.
    pub environments: Vec<EnvironmentSettings>,
    /// The environment of callers who name none.
    pub default_environment: Environment,
    /// How upstream registries are asked.
    pub upstream: HttpSettings,
    /// Whom messages may go to.
    pub outgoing: OutletSettings,
    /// How rules are lifted in an emergency.
    pub break_glass: crate::BreakGlassSettings,
    /// For how long a branch's commit is believed without asking again.
    pub ref_freshness: Duration,
    /// How long a caller of a file waits before it is told to ask again.
    pub hold: Duration,
    /// Files outside LFS up to this size are fetched and scanned with their revision.
    pub small_file_bytes: u64,
    /// Up to how many bytes of them.
    pub small_files_total_bytes: u64,
    /// The program that is started as `scan-worker`, and its arguments.
    pub scan_worker: (PathBuf, Vec<OsString>),
    /// The program that is started as `policy-worker`, and its arguments.
    pub policy_worker: (PathBuf, Vec<OsString>),
    /// The digest of the rules that it scans by: what was looked at by others is looked at again.
    pub ruleset: String,
    /// Whether that is done in the background.
    pub rescans: bool,
    /// What one scan may cost.
    pub scan_limits: Limits,
    /// Whether who proposes a policy may confirm it.
    pub policy_confirmation: Confirmation,
    /// The name of this instance's log, such as `weighbridge.example/log`.
    pub log_origin: String,
    /// For how long bodies of the ledger are kept that explain no decision; for ever, when nothing is said.
    pub keep_bodies: Option<Duration>,
    /// What one guess of a password costs.
    pub password_cost: PasswordCost,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where ids and secrets come from.
    pub ids: Ids,
}

/// One environment.
#[derive(Clone)]
pub struct EnvironmentSettings {
    /// Its name.
    pub name: Environment,
    /// Whether callers without a token may pull for it.
    pub anonymous: bool,
    /// How it takes the rules.
    pub policy: EnvironmentPolicy,
}

/// Why an engine cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory cannot be used.
    #[error("the data directory `{path}` cannot be used: {source}")]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A key file holds something else than a key.
    #[error(
        "`{0}` is not a key of 32 bytes; restore it from a backup: a new one would not fit the ledger"
    )]
    Key(PathBuf),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] weighbridge_store::StoreError),
    /// The policy does not compile.
    #[error(transparent)]
    Policy(#[from] weighbridge_policy::PolicyError),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Http(#[from] weighbridge_upstream::HttpError),
    /// Something in the settings does not fit.
    #[error("{0}")]
    Settings(String),
}
