//! The shipped rules: their ids, what they are for, their parameters and first-run defaults.
//!
//! A rule is one entry here and one file `rules/<id>.rego`. Ids are stable: they stand in
//! configurations, records and the messages people get.

mod table;
mod words;

use weighbridge_domain::{Environment, Gate, Mode, Outcome};

/// Every shipped rule, by id.
pub fn rules() -> &'static [RuleInfo] {
    table::RULES
}

/// The rule of that id, when people may set it aside. What stands at the door of the house holds for
/// everybody, and an approval is asked for, not waived.
pub fn waivable(id: &str) -> Option<&'static RuleInfo> {
    let found = table::RULES.iter().find(|rule| rule.id == id)?;
    (found.gate == Gate::Use && found.id != "approval-required").then_some(found)
}

/// What a parameter of a shipped rule means.
pub fn parameter_meaning(rule: &str, parameter: &str) -> Option<String> {
    let rule = table::RULES.iter().find(|known| known.id == rule)?;
    let found = rule.parameters.iter().find(|known| known.name == parameter)?;
    Some(found.doc.to_owned())
}

/// What is known about one shipped rule.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// Its stable id.
    pub id: &'static str,
    /// The gate it stands at.
    pub gate: Gate,
    /// What it asks for: `Hold` or `Deny`.
    pub effect: Outcome,
    /// What it objects to, in a few words.
    pub title: &'static str,
    /// Why anybody would want it.
    pub why: &'static str,
    /// The role that can help.
    pub contact: &'static str,
    /// What can be set.
    pub parameters: &'static [ParameterInfo],
    /// How seriously it is taken at first.
    pub modes: PerEnvironment<Mode>,
    /// Its text, in Rego.
    pub(crate) rego: &'static str,
}

/// What is known about one parameter of a rule.
#[derive(Clone, Debug)]
pub struct ParameterInfo {
    /// Its name, as configurations write it.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParameterKind,
    /// Its value at first.
    pub default: PerEnvironment<ParameterDefault>,
    /// What it means.
    pub doc: &'static str,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A whole number.
    Number,
    /// A list of words; letter case does not matter.
    Words,
}

impl ParameterKind {
    /// The words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            ParameterKind::Number => "a number",
            ParameterKind::Words => "a list of words",
        }
    }
}

/// The first-run value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterDefault {
    /// A whole number.
    Number(u64),
    /// A list of words.
    Words(&'static [&'static str]),
}

/// One value for each of the environments there are at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerEnvironment<T> {
    /// For `dev`.
    pub dev: T,
    /// For `staging`, and for environments with other names.
    pub staging: T,
    /// For `production`.
    pub production: T,
}

impl<T: Copy> PerEnvironment<T> {
    /// The same value everywhere.
    pub(crate) const fn all(value: T) -> PerEnvironment<T> {
        PerEnvironment { dev: value, staging: value, production: value }
    }

    /// The value for `environment`.
    pub fn of(&self, environment: &Environment) -> T {
        match environment.as_str() {
            "dev" => self.dev,
            "production" => self.production,
            _ => self.staging,
        }
    }
}
