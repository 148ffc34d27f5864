//! `GET /api/v1/status`: the state of everything, in numbers.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::{Confirmation, Custody, Environment, Outcome};
use weighbridge_engine::{Engine, StatusReport};

use super::break_glass::BreakGlassView;
use super::extract::Json;
use crate::ServerState;
use crate::allowed::Reader;
use crate::problem::Problem;

/// The state of everything, in numbers.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StatusView {
    /// The version that answers.
    pub version: String,
    /// The environments there are.
    pub environments: Vec<EnvironmentView>,
    /// Artifacts that came in.
    pub artifacts: u64,
    /// Revisions of them.
    pub revisions: u64,
    /// Downloads that were served.
    pub downloads: u64,
    /// Files that are being fetched now.
    pub transfers: u64,
    /// Where the bytes stand, one row a custody.
    pub custody: Vec<CustodyView>,
    /// Rules lifted in an emergency, now or without anybody having looked at it.
    #[serde(default)]
    pub break_glass: Vec<BreakGlassView>,
    /// The ledger.
    pub ledger: LedgerView,
    /// What holds the scan worker.
    pub sandbox: SandboxView,
    /// How far the scanner's rules of today have come with what lies here.
    #[serde(default)]
    pub rescan: RescanView,
    /// The policy that decides.
    pub policy: PolicyInForceView,
}

/// How far the scanner's rules of today have come with what other rules looked at.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct RescanView {
    /// The digest of the rules of today.
    pub ruleset: String,
    /// Files that they have looked at, each once for every suffix it goes by.
    pub done_files: u64,
    /// Files of which something older holds until they are looked at again.
    pub stale_files: u64,
    /// Revisions that they have looked at as a whole.
    pub done_revisions: u64,
    /// Revisions of which something older holds.
    pub stale_revisions: u64,
    /// When they first looked at something here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The configuration says that nothing is looked at again in the background.
    #[serde(default)]
    pub is_off: bool,
}

impl RescanView {
    /// How many files and revisions wait for the rules of today.
    pub fn left(&self) -> u64 {
        self.stale_files + self.stale_revisions
    }
}

/// The policy that decides, in short.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PolicyInForceView {
    /// Its version.
    pub version: u64,
    /// `configuration`, or `proposal` when people activated it.
    pub origin: String,
    /// Its name.
    pub digest: String,
    /// The configuration says something else, which is not in force.
    pub overrules_configuration: bool,
    /// Who proposes a policy may confirm it.
    pub one_person: bool,
}

/// One environment, and what holds in it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EnvironmentView {
    /// Its name.
    pub name: String,
    /// Whether callers who name no environment come here.
    pub is_default: bool,
    /// Whether callers without a token may pull.
    pub anonymous: bool,
    /// Revisions it may have.
    pub allowed: u64,
    /// Revisions that wait for something.
    pub held: u64,
    /// Revisions it may not have.
    pub denied: u64,
}

/// How many files stand at one custody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustodyView {
    /// `quarantined`, `released`, `rejected` or `recalled`.
    pub custody: String,
    /// How many.
    pub files: u64,
    /// How large they are together.
    pub size_bytes: u64,
}

/// The ledger in short.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LedgerView {
    /// How many entries it has.
    pub entries: u64,
    /// The root of its tree.
    pub root: String,
    /// Over how many entries the last checkpoint was signed.
    pub checkpoint_entries: Option<u64>,
    /// When.
    pub checkpoint_at: Option<String>,
}

/// What holds the scan worker.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SandboxView {
    /// Whether every part is there.
    pub is_complete: bool,
    /// The parts, in words.
    pub detail: String,
}

/// Show the state of everything in numbers
#[utoipa::path(get, path = "/status", tag = "status", responses(
    (status = 200, body = StatusView),
    (status = 401, body = crate::problem::ProblemView),
))]
pub(crate) async fn show_status(
    State(state): State<ServerState>,
    _reader: Reader,
) -> Result<Json<StatusView>, Problem> {
    let report = state.engine.status().await.map_err(Problem::internal)?;
    Ok(Json(StatusView::of(&state.engine, &report)))
}

impl StatusView {
    pub(crate) fn of(engine: &Engine, report: &StatusReport) -> StatusView {
        let counts = &report.counts;
        let settings = engine.settings();
        let environment = |known: &weighbridge_engine::EnvironmentSettings| EnvironmentView {
            name: known.name.to_string(),
            is_default: known.name == settings.default_environment,
            anonymous: known.anonymous,
            allowed: decisions(report, &known.name, Outcome::Allow),
            held: decisions(report, &known.name, Outcome::Hold),
            denied: decisions(report, &known.name, Outcome::Deny),
        };
        let all = [Custody::Quarantined, Custody::Released, Custody::Rejected, Custody::Recalled];
        let custody = |custody: Custody| {
            let row = counts.blobs.iter().find(|row| row.custody == custody);
            CustodyView {
                custody: custody.to_string(),
                files: row.map_or(0, |row| row.blobs),
                size_bytes: row.map_or(0, |row| row.size_bytes),
            }
        };
        StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            environments: settings.environments.iter().map(environment).collect(),
            artifacts: counts.artifacts,
            revisions: counts.revisions,
            downloads: counts.downloads,
            transfers: report.transfers,
            custody: all.into_iter().map(custody).collect(),
            break_glass: {
                let (rows, now) = (report.break_glass.iter(), settings.clock.now());
                rows.map(|row| BreakGlassView::of(row.clone(), now)).collect()
            },
            ledger: LedgerView {
                entries: report.head.size,
                root: report.head.root.to_string(),
                checkpoint_entries: report.checkpoint.as_ref().map(|row| row.size),
                checkpoint_at: report.checkpoint.as_ref().map(|row| row.signed_at.to_string()),
            },
            sandbox: SandboxView {
                is_complete: report.sandbox.is_complete(),
                detail: report.sandbox.to_string(),
            },
            rescan: RescanView {
                ruleset: settings.ruleset.clone(),
                done_files: report.rescan.files.saturating_sub(report.rescan.stale_files),
                stale_files: report.rescan.stale_files,
                done_revisions: (report.rescan.revisions)
                    .saturating_sub(report.rescan.stale_revisions),
                stale_revisions: report.rescan.stale_revisions,
                since: report.rescan.since.map(|at| at.to_string()),
                is_off: !settings.rescans,
            },
            policy: PolicyInForceView {
                version: report.policy.as_ref().map_or(0, |row| row.proposal.number),
                origin: report.policy.as_ref().map_or(String::new(), |row| row.origin.to_string()),
                digest: report.policy.as_ref().map_or(String::new(), |row| row.digest.to_string()),
                overrules_configuration: report.overrules_configuration,
                one_person: settings.policy_confirmation == Confirmation::ByAnyone,
            },
        }
    }
}

fn decisions(report: &StatusReport, environment: &Environment, outcome: Outcome) -> u64 {
    let mut rows = report.counts.decisions.iter();
    let row = rows.find(|row| row.environment == *environment && row.outcome == outcome);
    row.map_or(0, |row| row.decisions)
}
