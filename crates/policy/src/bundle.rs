//! A policy as people keep it: a folder with switches, own rules and their tests, and a name for it.
//!
//! - `policy.toml`: modes and parameters for each environment; what it leaves out stays as shipped.
//! - `*.rego`: own rules, package `weighbridge.own.<name>`, one file a rule; and modules they share,
//!   package `weighbridge.own.lib.<name>`.
//! - `*_test.rego`: tests of them, which are kept with the policy and never decide.
//!
//! Whatever is read here may have been written by anybody: it is bounded before it is looked at, and
//! what is wrong is a [`Complaint`] and not a crash.

mod modules;
mod switches;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Digest, Environment};

use crate::canonical;
use crate::complaint::Complaint;
use crate::error::PolicyError;
use crate::own::{OwnRule, OwnSaid};
use crate::settings::{EnvironmentPolicy, ParameterValue};
use crate::workers::Place;

pub(crate) use modules::{Found, read as read_modules};
pub use switches::SWITCHES;

/// How many files a policy may have.
pub const MAX_FILES: usize = 200;
/// How large a file may be.
pub const MAX_FILE_BYTES: usize = 64 * 1024;
/// How large all of them may be together.
pub const MAX_BUNDLE_BYTES: usize = 512 * 1024;
/// How many own rules a policy may have: each is asked at every decision.
pub const MAX_OWN_RULES: usize = 100;

const SCHEMA: u64 = 1;

/// A whole policy: how every environment takes every rule, and the rules that are not shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeMap<String, String>,
    own: Vec<OwnRule>,
    libraries: BTreeMap<String, String>,
    environments: Vec<EnvironmentPolicy>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BundleDocument {
    schema: u64,
    files: BTreeMap<String, String>,
    /// What own rules say of themselves, by id; left out when there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    own: BTreeMap<String, OwnSaid>,
    environments: BTreeMap<String, BTreeMap<String, SettingDocument>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingDocument {
    mode: String,
    parameters: BTreeMap<String, ParameterValue>,
}

impl Bundle {
    /// Reads a policy for these environments, its Rego in that place; answers it with what is odd about it, or everything that
    /// is wrong with it.
    pub fn read(
        files: BTreeMap<String, String>,
        environments: &[Environment],
        place: &Place,
    ) -> Result<(Bundle, Vec<Complaint>), Vec<Complaint>> {
        let too_much = bounded(&files);
        if !too_much.is_empty() {
            return Err(too_much);
        }
        let found = match place {
            Place::Here => read_modules(&files, &mut |_| {}),
            Place::Apart(workers) => workers.read(&files),
        };
        let mut complaints = found.complaints;
        let mut policies = policies(environments, &found.own);
        if let Some(text) = files.get(SWITCHES) {
            policies = switches::apply(text, policies, &mut complaints);
        }
        if complaints.iter().any(|complaint| complaint.is_error) {
            return Err(complaints);
        }
        let bundle =
            Bundle { files, own: found.own, libraries: found.libraries, environments: policies };
        Ok((bundle, complaints))
    }

    /// The policy that a configuration gives: switches alone.
    pub fn of_settings(environments: Vec<EnvironmentPolicy>) -> Bundle {
        let text = switches::text(&environments);
        let mut files = BTreeMap::new();
        if !text.is_empty() {
            files.insert(SWITCHES.to_owned(), text);
        }
        Bundle { files, own: Vec::new(), libraries: BTreeMap::new(), environments }
    }

    /// Everything people wrote and everything it amounts to, as one line of JSON with sorted keys.
    pub fn document(&self) -> String {
        let environments = self.environments.iter().map(|policy| {
            let rules = policy.rules().iter().map(|(id, setting)| {
                let mode = setting.mode.as_str().to_owned();
                (id.clone(), SettingDocument { mode, parameters: setting.parameters.clone() })
            });
            (policy.environment().to_string(), rules.collect())
        });
        canonical::text(&BundleDocument {
            schema: SCHEMA,
            files: self.files.clone(),
            own: self.own.iter().map(|rule| (rule.id.clone(), OwnSaid::of(rule))).collect(),
            environments: environments.collect(),
        })
    }

    /// The policy's name: SHA-256 over [`Bundle::document`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.document().as_bytes())
    }

    /// Reads a recorded policy for these environments. What it says stays as it was said, whatever is
    /// shipped today; rules and environments that it does not know are taken as shipped. No Rego is run.
    pub fn from_document(text: &str, environments: &[Environment]) -> Result<Bundle, PolicyError> {
        let bad = |why: String| PolicyError::BadPolicyDocument(why);
        let document: BundleDocument =
            serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        if document.schema != SCHEMA {
            return Err(bad(format!("schema {} is not known", document.schema)));
        }
        let BundleDocument { files, own, environments: taken, .. } = document;
        let own = own.into_iter().map(|(id, said)| said.rule(id, &files).map_err(bad));
        let own = own.collect::<Result<Vec<OwnRule>, PolicyError>>()?;
        let is_shared = |file: &String| {
            is_module(file) && !is_test(file) && own.iter().all(|rule| rule.file != *file)
        };
        let libraries = files.iter().filter(|(file, _)| is_shared(file));
        let libraries = libraries.map(|(file, text)| (file.clone(), text.clone())).collect();
        let mut environments = policies(environments, &own);
        for policy in &mut environments {
            let Some(rules) = taken.get(policy.environment().as_str()) else { continue };
            for (id, setting) in rules {
                let mode = setting.mode.parse().map_err(|error| bad(format!("{id}: {error}")))?;
                let mut changed =
                    policy.clone().with_mode(id, mode).map_err(|error| bad(error.to_string()))?;
                for (name, value) in &setting.parameters {
                    changed = changed
                        .with_parameter(id, name, value.clone())
                        .map_err(|error| bad(error.to_string()))?;
                }
                *policy = changed;
            }
        }
        Ok(Bundle { files, own, libraries, environments })
    }

    /// The files, as people wrote them.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// The rules that are not shipped, by id.
    pub fn own(&self) -> &[OwnRule] {
        &self.own
    }

    /// How each environment takes every rule.
    pub fn environments(&self) -> &[EnvironmentPolicy] {
        &self.environments
    }

    /// What own rules share: file name to text.
    pub(crate) fn libraries(&self) -> &BTreeMap<String, String> {
        &self.libraries
    }
}

/// How environments take the rules where nobody says otherwise.
fn policies(environments: &[Environment], own: &[OwnRule]) -> Vec<EnvironmentPolicy> {
    let shipped = environments.iter().map(EnvironmentPolicy::shipped);
    shipped.map(|policy| own.iter().fold(policy, EnvironmentPolicy::with_own)).collect()
}

/// Complaints about names and sizes, before anything is read.
fn bounded(files: &BTreeMap<String, String>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if files.len() > MAX_FILES {
        let what = format!("the policy has {} files, more than {MAX_FILES}", files.len());
        complaints.push(Complaint::error(".", None, what, "join or leave out some"));
        return complaints;
    }
    let total: usize = files.values().map(String::len).sum();
    if total > MAX_BUNDLE_BYTES {
        let what = format!("the policy has {total} bytes, more than {MAX_BUNDLE_BYTES}");
        complaints.push(Complaint::error(".", None, what, "leave out what does not decide"));
    }
    for (name, text) in files {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
        if text.len() > MAX_FILE_BYTES {
            let what = format!("the file has {} bytes, more than {MAX_FILE_BYTES}", text.len());
            complaints.push(Complaint::error(&shown, None, what, "split it"));
        }
        if !is_file_name(name) {
            let what = "the file's name does not fit";
            let remedy =
                "names are up to 120 of `a-z A-Z 0-9 . _ - /`, and no part begins with a dot";
            complaints.push(Complaint::error(&shown, None, what, remedy));
        } else if name != SWITCHES && !is_module(name) {
            let what = "nobody reads this file";
            let remedy = "a policy has `policy.toml`, `*.rego` and `*_test.rego`";
            complaints.push(Complaint::error(&shown, None, what, remedy));
        }
    }
    complaints
}

/// Whether a file holds tests, by its name.
pub(crate) fn is_test(name: &str) -> bool {
    name.ends_with("_test.rego")
}

/// Whether a file is Rego, by its name. Letter case matters: the bundle is the same on every machine.
pub(crate) fn is_module(name: &str) -> bool {
    name.strip_suffix(".rego").is_some_and(|stem| !stem.is_empty())
}

fn is_file_name(name: &str) -> bool {
    (1..=120).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
}
