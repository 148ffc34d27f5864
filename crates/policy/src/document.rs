//! The policy document: everything about one environment's policy that a decision rests on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rules;
use crate::settings::{EnvironmentPolicy, ParameterValue};
use crate::{canonical, policy::PolicyError};

/// The version of the policy document.
const SCHEMA: u64 = 1;

/// Shared functions that every rule may import.
const LIBRARY: &str = include_str!("../rules/lib/words.rego");

/// One environment's policy, whole: text, modes and parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyDocument {
    schema: u64,
    pub(crate) environment: String,
    pub(crate) library: String,
    pub(crate) rules: BTreeMap<String, RuleDocument>,
}

/// One rule of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleDocument {
    pub(crate) gate: String,
    pub(crate) mode: String,
    pub(crate) parameters: Value,
    pub(crate) rego: String,
}

impl PolicyDocument {
    /// Joins an environment's settings with the shipped text.
    pub(crate) fn of(policy: &EnvironmentPolicy) -> PolicyDocument {
        let rules = rules::rules().iter().filter_map(|info| {
            let setting = policy.rules().get(info.id)?;
            let rule = RuleDocument {
                gate: info.gate.as_str().to_owned(),
                mode: setting.mode.as_str().to_owned(),
                parameters: setting
                    .parameters
                    .iter()
                    .map(|(name, value)| (name.clone(), as_json(value)))
                    .collect(),
                rego: info.rego.to_owned(),
            };
            Some((info.id.to_owned(), rule))
        });
        PolicyDocument {
            schema: SCHEMA,
            environment: policy.environment().to_string(),
            library: LIBRARY.to_owned(),
            rules: rules.collect(),
        }
    }

    /// Reads a recorded document.
    pub(crate) fn read(text: &str) -> Result<PolicyDocument, PolicyError> {
        let document: PolicyDocument = serde_json::from_str(text)
            .map_err(|error| PolicyError::BadPolicyDocument(error.to_string()))?;
        if document.schema != SCHEMA {
            let why = format!("schema {} is not known", document.schema);
            return Err(PolicyError::BadPolicyDocument(why));
        }
        Ok(document)
    }

    /// The text whose SHA-256 names the policy.
    pub(crate) fn canonical(&self) -> String {
        canonical::text(self)
    }
}

fn as_json(value: &ParameterValue) -> Value {
    match value {
        ParameterValue::Number(number) => (*number).into(),
        ParameterValue::Words(words) => words.clone().into(),
    }
}
