//! `[environment.<name>]`: what holds in one environment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Environment, Mode};
use weighbridge_engine::{EnvironmentPolicy, ParameterValue};

use super::Objection;

/// Who may come without a token, and how seriously each rule is taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvironmentConfig {
    /// Whether callers without a token may pull.
    pub(crate) anonymous: bool,
    /// Every rule's setting, by rule id.
    pub(crate) rules: BTreeMap<String, RuleConfig>,
}

/// How one rule is taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RuleConfig {
    /// `off`, `warn` or `enforce`.
    pub(crate) mode: String,
    /// The rule's parameters.
    #[serde(flatten)]
    pub(crate) parameters: BTreeMap<String, ParameterConfig>,
}

/// The value of a parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum ParameterConfig {
    Number(u64),
    Words(Vec<String>),
}

impl EnvironmentConfig {
    /// What holds when nobody says anything. Only `dev` and `staging` let callers in without a
    /// token: an environment with a name of its own may be another production.
    pub(crate) fn shipped(name: &str) -> EnvironmentConfig {
        let anonymous = matches!(name, "dev" | "staging");
        let Ok(environment) = name.parse::<Environment>() else {
            return EnvironmentConfig { anonymous, rules: BTreeMap::new() };
        };
        let policy = EnvironmentPolicy::shipped(&environment);
        let rules = policy.rules().iter().map(|(id, setting)| {
            let parameters = setting.parameters.iter().map(|(name, value)| {
                let value = match value {
                    ParameterValue::Number(number) => ParameterConfig::Number(*number),
                    ParameterValue::Words(words) => ParameterConfig::Words(words.clone()),
                };
                (name.clone(), value)
            });
            let mode = setting.mode.as_str().to_owned();
            (id.clone(), RuleConfig { mode, parameters: parameters.collect() })
        });
        EnvironmentConfig { anonymous, rules: rules.collect() }
    }

    /// The policy of the environment called `name`.
    pub(crate) fn policy(&self, name: &str) -> Result<EnvironmentPolicy, Objection> {
        let environment: Environment =
            name.parse().map_err(|error| Objection::new("", format!("{error}")))?;
        let mut policy = EnvironmentPolicy::shipped(&environment);
        for (id, rule) in &self.rules {
            let object = |key: &str, why: String| Objection::new(format!("rules.{id}.{key}"), why);
            let mode: Mode =
                rule.mode.parse().map_err(|error| object("mode", format!("{error}")))?;
            policy =
                policy.with_mode(id, mode).map_err(|error| object("mode", error.to_string()))?;
            for (name, value) in &rule.parameters {
                let value = match value {
                    ParameterConfig::Number(number) => ParameterValue::Number(*number),
                    ParameterConfig::Words(words) => ParameterValue::from(words.clone()),
                };
                policy = policy
                    .with_parameter(id, name, value)
                    .map_err(|error| object(name, error.to_string()))?;
            }
        }
        Ok(policy)
    }
}
