//! `policy.toml`: `[environment.<name>.rules.<rule>]` with `mode` and parameters, as the configuration
//! file has them.

use std::fmt::Write as _;

use toml::de::{DeTable, DeValue};
use weighbridge_domain::Mode;

use crate::complaint::Complaint;
use crate::settings::{EnvironmentPolicy, ParameterValue, RuleSetting, SettingError};

/// The file's name.
pub const SWITCHES: &str = "policy.toml";

const SHAPE: &str =
    "write `[environment.production.rules.minimum-age]` and below it `mode = \"warn\"`";

/// Changes what the file says.
pub(super) fn apply(
    text: &str,
    mut policies: Vec<EnvironmentPolicy>,
    complaints: &mut Vec<Complaint>,
) -> Vec<EnvironmentPolicy> {
    let mut object = |at: Option<usize>, what: String, remedy: &str| {
        let line = at.map(|offset| line_of(text, offset));
        complaints.push(Complaint::error(SWITCHES, line, what, remedy));
    };
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let what = format!("it is not TOML: {}", error.message().trim().replace('\n', ", "));
            object(error.span().map(|span| span.start), what, "mend the TOML");
            return policies;
        }
    };
    for (name, value) in document.get_ref() {
        let at = Some(name.span().start);
        let DeValue::Table(environments) = value.get_ref() else {
            object(at, format!("`{}` is nothing that a policy has", name.get_ref()), SHAPE);
            continue;
        };
        if name.get_ref() != "environment" {
            object(at, format!("`{}` is nothing that a policy has", name.get_ref()), SHAPE);
            continue;
        }
        for (name, value) in environments {
            let at = Some(name.span().start);
            let known: Vec<String> =
                policies.iter().map(|policy| format!("`{}`", policy.environment())).collect();
            let found = policies
                .iter_mut()
                .find(|policy| policy.environment().as_str() == name.get_ref().as_ref());
            let Some(policy) = found else {
                let what = format!("there is no environment `{}` here", name.get_ref());
                object(at, what, &format!("there are {}", known.join(", ")));
                continue;
            };
            let DeValue::Table(sections) = value.get_ref() else {
                object(at, format!("`{}` is no table", name.get_ref()), SHAPE);
                continue;
            };
            for (name, value) in sections {
                let at = Some(name.span().start);
                let DeValue::Table(rules) = value.get_ref() else {
                    object(at, format!("`{}` is no table", name.get_ref()), SHAPE);
                    continue;
                };
                if name.get_ref() != "rules" {
                    let what = format!("`{}` is no part of a policy", name.get_ref());
                    object(at, what, "only `rules` is; the rest belongs to the configuration file");
                    continue;
                }
                for (id, value) in rules {
                    match rule(policy.clone(), id.get_ref(), value.get_ref()) {
                        Ok(changed) => *policy = changed,
                        Err((span, what, remedy)) => {
                            object(span.or(Some(id.span().start)), what, &remedy);
                        }
                    }
                }
            }
        }
    }
    policies
}

type Wrong = (Option<usize>, String, String);

fn rule(
    mut policy: EnvironmentPolicy,
    id: &str,
    value: &DeValue<'_>,
) -> Result<EnvironmentPolicy, Wrong> {
    let DeValue::Table(fields) = value else {
        return Err((None, format!("`{id}` is no table"), SHAPE.to_owned()));
    };
    for (name, value) in fields {
        let at = Some(name.span().start);
        let bad = |error: SettingError| {
            (
                at,
                error.to_string(),
                "`weighbridge policy show` lists rules and parameters".to_owned(),
            )
        };
        let odd = |what: String| (at, what, "a whole number, or a list of texts".to_owned());
        if name.get_ref() == "mode" {
            let word = match value.get_ref() {
                DeValue::String(word) => word.to_string(),
                _ => String::new(),
            };
            let mode: Mode = word.parse().map_err(|error| {
                (at, format!("`{id}.mode`: {error}"), "write one of them".to_owned())
            })?;
            policy = policy.with_mode(id, mode).map_err(bad)?;
            continue;
        }
        let value = match value.get_ref() {
            DeValue::Integer(number) => {
                let digits = number.as_str().replace('_', "");
                let number = u64::from_str_radix(&digits, number.radix());
                ParameterValue::Number(
                    number.map_err(|error| odd(format!("`{id}.{}`: {error}", name.get_ref())))?,
                )
            }
            DeValue::Array(items) => {
                let mut words = Vec::new();
                for item in items {
                    let DeValue::String(word) = item.get_ref() else {
                        return Err(odd(format!(
                            "`{id}.{}` has something else than texts",
                            name.get_ref()
                        )));
                    };
                    words.push(word.to_string());
                }
                ParameterValue::from(words)
            }
            _ => return Err(odd(format!("`{id}.{}` has something odd", name.get_ref()))),
        };
        policy = policy.with_parameter(id, name.get_ref(), value).map_err(bad)?;
    }
    Ok(policy)
}

fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().iter().take(offset);
    u32::try_from(before.filter(|byte| **byte == b'\n').count())
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

/// The file that says what differs from the shipped settings; empty when nothing does.
pub(super) fn text(environments: &[EnvironmentPolicy]) -> String {
    let mut text = String::new();
    for policy in environments {
        let shipped = EnvironmentPolicy::shipped(policy.environment());
        for (id, setting) in policy.rules() {
            let Some(first) = shipped.rules().get(id) else { continue };
            if first == setting {
                continue;
            }
            let gap = if text.is_empty() { "" } else { "\n" };
            // Writing into a string never fails.
            writeln!(text, "{gap}[environment.{}.rules.{id}]", policy.environment()).ok();
            changes(&mut text, first, setting);
        }
    }
    text
}

fn changes(text: &mut String, shipped: &RuleSetting, setting: &RuleSetting) {
    if shipped.mode != setting.mode {
        writeln!(text, "mode = \"{}\"", setting.mode).ok();
    }
    for (name, value) in &setting.parameters {
        if shipped.parameters.get(name) == Some(value) {
            continue;
        }
        match value {
            ParameterValue::Number(number) => writeln!(text, "{name} = {number}").ok(),
            ParameterValue::Words(words) => {
                let words: Vec<String> =
                    words.iter().map(|word| toml::Value::from(word.as_str()).to_string()).collect();
                writeln!(text, "{name} = [{}]", words.join(", ")).ok()
            }
        };
    }
}
