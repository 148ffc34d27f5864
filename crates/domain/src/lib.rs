//! The words of Weighbridge and their rules: no I/O, no serialisation, no async.
//!
//! What goes over HTTP, into SQL or into a document has its own struct in the crate that writes it.

mod account;
mod artifact;
mod break_glass;
mod clock;
mod custody;
mod decision;
mod digest;
mod environment;
mod finding;
mod grade;
mod lanes;
mod manifest;
mod path;
mod pattern;
mod person;
mod policy_version;
mod request;
mod revision;
mod risk;
mod source;
mod token;
mod topic;

pub use account::{
    AccountName, BadAccountName, BadGrant, BadPassword, Grant, OutOfReach, Password,
};
pub use artifact::{Artifact, ArtifactKind, ArtifactName, BadArtifactName, UnknownKind};
pub use break_glass::{BreakGlass, BreakGlassRule, BreakGlassState};
pub use clock::{Clock, Ids, Timestamp};
pub use custody::{Custody, UnknownCustody};
pub use decision::{Decision, DecisionId, Gate, Mode, Outcome, Reason, UnknownWord};
pub use digest::{BadDigest, Digest, GitOid, Hasher};
pub use environment::{BadEnvironment, Environment};
pub use finding::{Finding, FindingPlace, Format, ScanReport, Severity, Unexamined, Verdict};
pub use grade::Grade;
pub use lanes::{BadTable, Check, CheckAnswer, Checked, Lane, LaneRow, LaneTable};
pub use manifest::{Manifest, ManifestEntry};
pub use path::{BadPath, RepoPath};
pub use pattern::{BadPattern, RepoPattern};
pub use person::{Caller, Holder, Role};
pub use policy_version::{ConfirmError, Confirmation, PolicyOrigin, PolicyState, Proposal};
pub use request::{Concern, OpenQuestion, Request, RequestState, Review, Vote, VoteError};
pub use revision::{BadRevision, CommitId, RevisionSpec};
pub use risk::{Affected, BadAnswer, DataClass, Region, RiskAnswers};
pub use source::{BadSourceName, SourceName, Tier, UnknownTier};
pub use token::{SessionSecret, TokenDigest, TokenSecret};
pub use topic::Topic;
