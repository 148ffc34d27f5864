//! Evaluates policy text: facts in, decision with reasons out. Knows Rego and nothing else; no I/O.
//!
//! A [`Policy`] is compiled once from one [`EnvironmentPolicy`] per environment and asked with
//! [`Facts`]. The same policy document and the same facts document give the same [`Judgement`] for
//! ever: see [`replay`].

mod canonical;
mod document;
mod facts;
mod judgement;
mod policy;
mod program;
mod rules;
mod settings;

pub use facts::{
    ApprovalFact, ArtifactFact, AttestationFact, BreakGlassFact, CustodyFact, Facts, FindingCounts,
    FindingFact, FormatFact, LicenceGrade, MAX_FINDINGS, RevisionFact, ScanFact, SourceFact,
    UnknownFact, UseFact, WaiverFact,
};
pub use judgement::Judgement;
pub use policy::{Policy, PolicyError, replay};
pub use rules::{
    ParameterDefault, ParameterInfo, ParameterKind, PerEnvironment, RuleInfo, rules, waivable,
};
pub use settings::{EnvironmentPolicy, ParameterValue, RuleSetting, SettingError};
