//! The table of shipped rules.

use weighbridge_domain::Gate::Admit;
use weighbridge_domain::Mode::Enforce;

use super::{PerEnvironment, RuleInfo};

pub(super) static RULES: &[RuleInfo] = &[RuleInfo {
    id: "custody-bad",
    gate: Admit,
    title: "a file was rejected or recalled",
    why: "Bytes that were found bad stay bad, whatever they are called today.",
    contact: "security-reviewer",
    parameters: &[],
    modes: PerEnvironment::all(Enforce),
    rego: include_str!("../../rules/custody-bad.rego"),
}];
