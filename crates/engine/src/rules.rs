//! The policy as a thing that changes: which version decides, who proposed it, who confirmed it, and what
//! it would have done.

pub(crate) mod active;
pub(crate) mod ask;
pub(crate) mod differ;
pub(crate) mod list;
pub(crate) mod propose;
pub(crate) mod settle;
pub(crate) mod simulate;
pub(crate) mod switch;
mod tally;
mod worker;

use weighbridge_domain::ConfirmError;
use weighbridge_policy::{Complaint, PolicyError};
use weighbridge_store::StoreError;

pub use active::{ActivePolicy, PolicyUnknown};
pub use differ::PolicyDifference;
pub use list::{PolicyReport, RuleReport};
pub use propose::{NewPolicy, PolicySource};
pub use simulate::Progress;
pub use switch::Switch;
pub use tally::{ArtifactTally, EnvironmentTally, RuleTally, SimulationReport};
pub use worker::policy_worker_main;

/// Why the policy is not changed, or not tried out.
#[derive(Debug, thiserror::Error)]
pub enum ChangePolicyError {
    /// The policy cannot be used.
    #[error("the policy cannot be used: {}", told(.0))]
    Complaints(Vec<Complaint>),
    /// The reason is missing or too long.
    #[error("`because` takes 1 to 4000 characters")]
    BadText,
    /// There is no version of that number.
    #[error("there is no version {0} of the policy")]
    NoSuchVersion(u64),
    /// It is what decides already.
    #[error("this is what version {0} says, which is active")]
    NothingNew(u64),
    /// The proposal does not become active, or is not withdrawn.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// The policy does not compile, or cannot be read back.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The first complaints, as many as fit into one answer.
fn told(complaints: &[Complaint]) -> String {
    let errors = complaints.iter().filter(|complaint| complaint.is_error);
    errors.take(10).map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
