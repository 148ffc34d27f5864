//! The Rego of a policy: parsed, looked at, and asked once about made-up facts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use regorus::Value;

use super::{MAX_OWN_RULES, is_module, is_test};
use crate::canonical;
use crate::complaint::Complaint;
use crate::error::PolicyError;
use crate::lint;
use crate::nesting;
use crate::own::{LIBRARY, OwnRule, PACKAGE, PREFIX};
use crate::program::{self, OneRule, Program, Watch};
use crate::schema;

/// How long a rule may take about made-up facts.
const PATIENCE: Duration = Duration::from_millis(500);

/// How many complaints are told.
const MAX_COMPLAINTS: usize = 1_000;

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) own: Vec<OwnRule>,
    pub(crate) libraries: BTreeMap<String, String>,
    pub(crate) complaints: Vec<Complaint>,
}

/// Reads every module, the tests without running them. Names each file before it is looked at.
pub(crate) fn read(files: &BTreeMap<String, String>, watch: Watch<'_>) -> Found {
    let mut found = Found::default();
    let mut packages: BTreeMap<String, &str> = BTreeMap::new();
    let mut rules: Vec<(String, &str, &str)> = Vec::new();
    for (file, text) in files.iter().filter(|(name, _)| is_module(name)) {
        let is_test = is_test(file);
        watch(file);
        if let Err(complaint) = nesting::bounded(file, text) {
            found.complaints.push(complaint);
            continue;
        }
        let module = match program::parse(file, text) {
            Ok(module) => module,
            Err(error) => {
                found.complaints.push(Complaint::rego(file, &error));
                continue;
            }
        };
        found.complaints.extend(lint::module(file, &module, is_test));
        if is_test {
            continue;
        }
        let line = Some(module.package_line);
        match packages.entry(module.package.clone()) {
            Entry::Vacant(entry) => drop(entry.insert(file)),
            Entry::Occupied(entry) => {
                let what = format!("`{}` has the same package", entry.get());
                let remedy = "one file is one rule: rename one of the packages";
                found.complaints.push(Complaint::error(file, line, what, remedy));
                continue;
            }
        }
        let wrong = |what: String| {
            let remedy = "name it `package weighbridge.own.<name>` for a rule, or \
                          `package weighbridge.own.lib.<name>` for what several rules share";
            Complaint::error(file, line, what, remedy)
        };
        if let Some(name) = module.package.strip_prefix(LIBRARY)
            && is_name(name)
        {
            found.libraries.insert(file.clone(), text.clone());
        } else if let Some(name) = module.package.strip_prefix(PACKAGE)
            && is_name(name)
            && name != "lib"
        {
            rules.push((format!("{PREFIX}{}", name.replace('_', "-")), file, text));
        } else {
            let shown: String = module.package.chars().take(80).collect();
            found.complaints.push(wrong(format!("`{shown}` is not a package of own rules")));
        }
    }
    if rules.len() > MAX_OWN_RULES {
        let what = format!("the policy has {} own rules, more than {MAX_OWN_RULES}", rules.len());
        found.complaints.push(Complaint::error(".", None, what, "join some of them"));
    }
    // What does not stand on its own is not run.
    if !found.complaints.iter().any(|complaint| complaint.is_error) {
        found.complaints.extend(lint::depth(files));
    }
    if !found.complaints.iter().any(|complaint| complaint.is_error) {
        try_out(&rules, &mut found, watch);
    }
    if found.complaints.len() > MAX_COMPLAINTS {
        found.complaints.sort_by_key(|complaint| !complaint.is_error);
        found.complaints.truncate(MAX_COMPLAINTS);
    }
    found.own.sort_by(|one, other| one.id.cmp(&other.id));
    found
}

fn try_out(rules: &[(String, &str, &str)], found: &mut Found, watch: Watch<'_>) {
    let asked = rules.iter().map(|(id, file, text)| OneRule { id, file, rego: text });
    let file_of = |rule: &str| -> String {
        let known = rules.iter().find(|(id, ..)| id == rule);
        known.map_or(rule, |(_, file, _)| *file).to_owned()
    };
    let libraries = &found.libraries;
    let mut name = |rule: &str| watch(&file_of(rule));
    let program = match Program::compile(schema::LIBRARY, libraries, asked, PATIENCE, &mut name) {
        Ok(program) => program,
        Err(PolicyError::BadRule { rule, why }) => {
            found.complaints.push(Complaint::rego(&file_of(&rule), &why));
            return;
        }
        Err(error) => {
            found.complaints.push(Complaint::error(".", None, error.to_string(), "mend the Rego"));
            return;
        }
    };
    let facts = Value::from_json_str(&canonical::text(&schema::sample())).unwrap_or(Value::Null);
    for (id, file, text) in rules {
        watch(file);
        let mut run = program.start();
        let said = match run.value(id, "rule") {
            Ok(said) => said,
            Err(why) => {
                found.complaints.push(Complaint::rego(file, &why));
                continue;
            }
        };
        match OwnRule::read(id, file, text, &said) {
            Ok(rule) => {
                let input = program::input(&facts, &program::parameters(&rule.parameters));
                found.complaints.extend(lint::parameters(file, text, &rule.parameters));
                match run.ask(id, input, Some(&rule.document())) {
                    Ok(_) => run.finish(),
                    Err(PolicyError::RuleFailed { why, .. }) => {
                        found.complaints.push(Complaint::rego(file, &why));
                    }
                    Err(error) => {
                        let remedy = "make it look at less: a decision has to come in microseconds";
                        found.complaints.push(Complaint::error(
                            file,
                            None,
                            error.to_string(),
                            remedy,
                        ));
                    }
                }
                found.own.push(rule);
            }
            Err((what, remedy)) => {
                found.complaints.push(Complaint::error(file, None, what, remedy));
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    (1..=60).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
