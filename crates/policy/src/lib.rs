//! Evaluates policy text: facts in, decision with reasons out. Knows Rego and nothing else; no I/O but with the
//! processes that run own rules ([`Place`]).
//!
//! A [`Policy`] is compiled once from a [`Bundle`] (switches for every environment, and own rules beside
//! the shipped ones) and asked with [`Facts`]. The same policy document and the same facts document give the same [`Judgement`] for
//! ever: see [`replay`].

mod bundle;
mod canonical;
mod complaint;
mod diff;
mod document;
mod error;
mod facts;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod judgement;
mod lint;
mod machine;
mod nesting;
mod own;
mod policy;
mod program;
mod rule_set;
mod rules;
mod schema;
mod settings;
mod testing;
mod wire;
mod worker;
mod workers;

pub use bundle::{Bundle, MAX_BUNDLE_BYTES, MAX_FILE_BYTES, MAX_FILES, MAX_OWN_RULES, SWITCHES};
pub use complaint::Complaint;
pub use diff::Difference;
pub use error::PolicyError;
pub use facts::{
    ApprovalFact, ArtifactFact, AttestationFact, BreakGlassFact, CustodyFact, Facts, FindingCounts,
    FindingFact, FormatFact, LicenceGrade, MAX_FINDINGS, RevisionFact, ScanFact, SourceFact,
    UnknownFact, UseFact, WaiverFact,
};
pub use judgement::Judgement;
pub use own::OwnRule;
pub use policy::{Policy, replay};
pub use rules::{
    ParameterDefault, ParameterInfo, ParameterKind, PerEnvironment, RuleInfo, parameter_meaning,
    rules, waivable,
};
pub use schema::{FACTS, FactInfo, example_facts};
pub use settings::{EnvironmentPolicy, ParameterValue, RuleSetting, SettingError};
pub use testing::{TestOutcome, TestRun};
pub use worker::worker_main;
pub use workers::{Place, Workers};
