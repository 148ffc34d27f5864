//! The policy: what decides, what decided before, and how it is changed by two people.

mod acceptable;
pub(crate) mod confirm;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod page;
pub(crate) mod propose;
pub(crate) mod show;
pub(crate) mod simulate;
pub(crate) mod withdraw;

pub(crate) mod simulation;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_domain::ConfirmError;
use weighbridge_engine::{ChangePolicyError, PolicyRow, PolicySource};

use crate::problem::Problem;

pub use acceptable::{AcceptableUse, DetailUse, EnvironmentUse, RuleUse, SourceUse};
pub use export::PolicyFilesView;
pub(crate) use page::block_list;
pub use propose::{ProposePolicy, ProposedView};
pub use show::{PolicyRuleView, PolicyView, RuleSettingView};
pub use simulate::{SimulatePolicy, SimulationLine};
pub use simulation::{
    ArtifactChangeView, CountView, EnvironmentChangeView, RuleCountView, SimulationView,
};

/// The most the body of a request with a policy in it may weigh: text doubles as JSON at worst.
pub(crate) const MAX_BODY_BYTES: usize = 2 * weighbridge_engine::MAX_BUNDLE_BYTES + 64 * 1024;

/// One version of the policy.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PolicyVersionView {
    /// Its number.
    pub version: u64,
    /// `proposed`, `active`, `superseded` or `withdrawn`.
    pub state: String,
    /// What it comes from: `configuration`, or `proposal` when people wrote it.
    pub origin: String,
    /// Its name: SHA-256 over what people wrote and what it amounts to.
    pub digest: String,
    /// The version that was active when it was proposed.
    pub base: u64,
    /// The earlier version that it brings back.
    pub restores: Option<u64>,
    /// Why.
    pub because: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: String,
    /// Who confirmed or withdrew it.
    pub settled_by: Option<String>,
    /// When.
    pub settled_at: Option<String>,
    /// When another one took its place.
    pub ended_at: Option<String>,
    /// What trying it out showed when it was proposed.
    #[schema(value_type = Option<Object>)]
    pub simulation: Option<serde_json::Value>,
    /// What decisions by it name, environment by environment.
    pub effective: BTreeMap<String, String>,
}

impl From<PolicyRow> for PolicyVersionView {
    fn from(row: PolicyRow) -> PolicyVersionView {
        PolicyVersionView {
            version: row.proposal.number,
            state: row.proposal.state.to_string(),
            origin: row.origin.to_string(),
            digest: row.digest.to_string(),
            base: row.proposal.base,
            restores: row.restores,
            because: row.because,
            proposed_by: row.proposal.proposed_by,
            proposed_at: row.proposed_at.to_string(),
            settled_by: row.settled_by,
            settled_at: row.settled_at.map(|moment| moment.to_string()),
            ended_at: row.ended_at.map(|moment| moment.to_string()),
            simulation: serde_json::from_str(&row.simulation).ok(),
            effective: serde_json::from_str(&row.effective).unwrap_or_default(),
        }
    }
}

/// Which version.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct VersionPath {
    /// Its number.
    pub(crate) id: u64,
}

/// What a policy is taken from: one of the three.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PolicySourceView {
    /// These files: name to text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<BTreeMap<String, String>>,
    /// An earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// What the configuration says; activated, it is in charge again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub configuration: bool,
}

impl PolicySourceView {
    fn source(self) -> Result<PolicySource, Problem> {
        match (self.files, self.version, self.configuration) {
            (Some(files), None, false) => Ok(PolicySource::Files(files)),
            (None, Some(number), false) => Ok(PolicySource::Version(number)),
            (None, None, true) => Ok(PolicySource::Configuration),
            _ => {
                let detail = "a policy is taken from `files`, a `version` or the `configuration`: one of them";
                Err(Problem::bad_request("bad-policy-source", detail))
            }
        }
    }
}

/// Over how many days pulls are counted when nobody says.
const DAYS: u32 = 30;
/// The most days.
const MAX_DAYS: u32 = 3_650;

pub(crate) fn checked_days(days: Option<u32>) -> Result<u32, Problem> {
    match days.unwrap_or(DAYS) {
        days @ 1..=MAX_DAYS => Ok(days),
        other => {
            let detail = format!("`days` has to be between 1 and {MAX_DAYS}, not {other}");
            Err(Problem::bad_request("bad-days", detail))
        }
    }
}

impl From<ChangePolicyError> for Problem {
    fn from(error: ChangePolicyError) -> Problem {
        match error {
            ChangePolicyError::Complaints(_) => Problem::bad_request("bad-policy", error)
                .hint("`weighbridge policy check DIR` says the same, with all details"),
            ChangePolicyError::BadText => Problem::bad_request("bad-text", error),
            ChangePolicyError::NoSuchVersion(_) => Problem::not_found("no-such-version", error)
                .hint("`weighbridge policy history` lists them"),
            ChangePolicyError::NothingNew(_) => Problem::conflict("nothing-new", error),
            ChangePolicyError::Confirm(error) => match error {
                ConfirmError::WrongRole(_) => Problem::forbidden("may-not-change-policy", error),
                ConfirmError::OwnProposal(_) => Problem::forbidden("own-proposal", error).hint(
                    "ask an administrator or a security-reviewer; an installation with one person sets \
                     `policy.one_person`",
                ),
                ConfirmError::Settled { .. } => Problem::conflict("already-settled", error),
                ConfirmError::Outdated { .. } => Problem::conflict("outdated-proposal", error)
                    .hint("propose it again: it has to be tried out against what is active now"),
            },
            ChangePolicyError::Policy(error) => Problem::bad_request("bad-policy", error),
            ChangePolicyError::Store(error) => Problem::internal(error),
        }
    }
}
