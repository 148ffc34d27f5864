//! The policy document: everything about one environment's policy that a decision rests on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weighbridge_domain::Gate;

use crate::bundle::Bundle;
use crate::own::OwnDocument;
use crate::rules;
use crate::schema::LIBRARY;
use crate::settings::{EnvironmentPolicy, RuleSetting};
use crate::{canonical, error::PolicyError};

/// The version of the policy document.
const SCHEMA: u64 = 1;

/// One environment's policy, whole: text, modes and parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyDocument {
    schema: u64,
    pub(crate) environment: String,
    pub(crate) library: String,
    /// What own rules share, by file; left out when there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) modules: BTreeMap<String, String>,
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
    /// What an own rule says of itself; shipped ones leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) own: Option<OwnDocument>,
}

impl PolicyDocument {
    /// Joins an environment's settings with the text of the rules.
    pub(crate) fn of(policy: &EnvironmentPolicy, bundle: Option<&Bundle>) -> PolicyDocument {
        let mut rules: BTreeMap<String, RuleDocument> = BTreeMap::new();
        for info in rules::rules() {
            let Some(setting) = policy.rules().get(info.id) else { continue };
            rules.insert(info.id.to_owned(), rule(setting, info.gate.as_str(), info.rego));
        }
        for own in bundle.map(Bundle::own).unwrap_or_default() {
            let Some(setting) = policy.rules().get(&own.id) else { continue };
            let document = rule(setting, Gate::Use.as_str(), &own.rego);
            let document = RuleDocument { own: Some(own.document()), ..document };
            rules.insert(own.id.clone(), document);
        }
        PolicyDocument {
            schema: SCHEMA,
            environment: policy.environment().to_string(),
            library: LIBRARY.to_owned(),
            modules: bundle.map(|bundle| bundle.libraries().clone()).unwrap_or_default(),
            rules,
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

fn rule(setting: &RuleSetting, gate: &str, rego: &str) -> RuleDocument {
    let parameters = setting.parameters.iter();
    RuleDocument {
        gate: gate.to_owned(),
        mode: setting.mode.as_str().to_owned(),
        parameters: parameters.map(|(name, value)| (name.clone(), value.as_json())).collect(),
        rego: rego.to_owned(),
        own: None,
    }
}
