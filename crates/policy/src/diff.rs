//! What differs between two policies, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::bundle::Bundle;
use crate::own::OwnRule;
use crate::settings::{EnvironmentPolicy, ParameterValue};

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A rule that only the second has.
    RuleAdded(String),
    /// A rule that only the first has.
    RuleRemoved(String),
    /// The rule says of itself, or does, something else.
    RuleChanged {
        /// The rule.
        rule: String,
        /// What: `text`, `effect`, `contact`, …
        what: Vec<&'static str>,
    },
    /// A module that own rules share differs.
    LibraryChanged(String),
    /// An environment takes a rule more or less seriously.
    Mode {
        /// The environment.
        environment: String,
        /// The rule.
        rule: String,
        /// As the first has it; empty when it has no such rule.
        from: String,
        /// As the second has it; empty when it has no such rule.
        to: String,
    },
    /// A limit differs.
    Number {
        /// The environment.
        environment: String,
        /// The rule.
        rule: String,
        /// The parameter.
        parameter: String,
        /// In the first.
        from: u64,
        /// In the second.
        to: u64,
    },
    /// A list differs.
    Words {
        /// The environment.
        environment: String,
        /// The rule.
        rule: String,
        /// The parameter.
        parameter: String,
        /// Words that only the second has.
        added: Vec<String>,
        /// Words that only the first has.
        removed: Vec<String>,
    },
}

impl Bundle {
    /// What differs in `other`, in an order people can rely on.
    pub fn differences(&self, other: &Bundle) -> Vec<Difference> {
        let mut found = Vec::new();
        let rules = |bundle: &Bundle| -> BTreeMap<String, OwnRule> {
            bundle.own().iter().map(|rule| (rule.id.clone(), rule.clone())).collect()
        };
        let (ours, theirs) = (rules(self), rules(other));
        for id in keys(&ours, &theirs) {
            match (ours.get(id), theirs.get(id)) {
                (None, Some(_)) => found.push(Difference::RuleAdded(id.clone())),
                (Some(_), None) => found.push(Difference::RuleRemoved(id.clone())),
                (Some(one), Some(two)) => {
                    let what = changed(one, two);
                    if !what.is_empty() {
                        found.push(Difference::RuleChanged { rule: id.clone(), what });
                    }
                }
                (None, None) => {}
            }
        }
        for file in keys(self.libraries(), other.libraries()) {
            if self.libraries().get(file) != other.libraries().get(file) {
                found.push(Difference::LibraryChanged(file.clone()));
            }
        }
        for theirs in other.environments() {
            let name = theirs.environment();
            let ours = self.environments().iter().find(|ours| ours.environment() == name);
            match ours {
                Some(ours) => settings(ours, theirs, &mut found),
                None => settings(&EnvironmentPolicy::shipped(name), theirs, &mut found),
            }
        }
        found
    }
}

fn keys<'a, T>(one: &'a BTreeMap<String, T>, two: &'a BTreeMap<String, T>) -> BTreeSet<&'a String> {
    one.keys().chain(two.keys()).collect()
}

fn changed(one: &OwnRule, two: &OwnRule) -> Vec<&'static str> {
    let parts = [
        ("text", one.rego != two.rego),
        ("title", one.title != two.title),
        ("why", one.why != two.why),
        ("effect", one.effect != two.effect),
        ("contact", one.contact != two.contact),
        ("waivable", one.waivable != two.waivable),
    ];
    parts.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

fn settings(one: &EnvironmentPolicy, two: &EnvironmentPolicy, found: &mut Vec<Difference>) {
    let environment = two.environment().to_string();
    for id in keys(one.rules(), two.rules()) {
        let (ours, theirs) = (one.rules().get(id), two.rules().get(id));
        let mode = |setting: Option<&crate::settings::RuleSetting>| {
            setting.map(|setting| setting.mode.to_string()).unwrap_or_default()
        };
        if mode(ours) != mode(theirs) {
            let (environment, rule) = (environment.clone(), id.clone());
            found.push(Difference::Mode { environment, rule, from: mode(ours), to: mode(theirs) });
        }
        let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
        for parameter in keys(&ours.parameters, &theirs.parameters) {
            let values = (ours.parameters.get(parameter), theirs.parameters.get(parameter));
            let (environment, rule) = (environment.clone(), id.clone());
            let parameter = parameter.clone();
            match values {
                (Some(ParameterValue::Number(from)), Some(ParameterValue::Number(to)))
                    if from != to =>
                {
                    let (from, to) = (*from, *to);
                    found.push(Difference::Number { environment, rule, parameter, from, to });
                }
                (Some(ParameterValue::Words(from)), Some(ParameterValue::Words(to))) => {
                    let missing = |from: &[String], to: &[String]| -> Vec<String> {
                        from.iter().filter(|word| !to.contains(word)).cloned().collect()
                    };
                    let (added, removed) = (missing(to, from), missing(from, to));
                    if !added.is_empty() || !removed.is_empty() {
                        found.push(Difference::Words {
                            environment,
                            rule,
                            parameter,
                            added,
                            removed,
                        });
                    }
                }
                // A parameter that came, went or takes something else: the rule's text says so.
                _ => {}
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::RuleAdded(rule) => write!(f, "+ {rule}: a new rule"),
            Difference::RuleRemoved(rule) => write!(f, "- {rule}: the rule is gone"),
            Difference::RuleChanged { rule, what } => {
                write!(f, "~ {rule}: its {} changed", what.join(", "))
            }
            Difference::LibraryChanged(file) => write!(f, "~ {file}: what rules share changed"),
            Difference::Mode { environment, rule, from, to } => {
                let word = |mode: &str| {
                    if mode.is_empty() { "not there".to_owned() } else { mode.to_owned() }
                };
                write!(f, "~ {rule} in {environment}: {} -> {}", word(from), word(to))
            }
            Difference::Number { environment, rule, parameter, from, to } => {
                write!(f, "~ {rule} in {environment}: {parameter} {from} -> {to}")
            }
            Difference::Words { environment, rule, parameter, added, removed } => {
                write!(f, "~ {rule} in {environment}: {parameter}")?;
                added.iter().try_for_each(|word| write!(f, " +{word}"))?;
                removed.iter().try_for_each(|word| write!(f, " -{word}"))
            }
        }
    }
}
