//! Other switches: the active policy with some rules taken more or less seriously, as files that can be
//! proposed. What people wrote, comments included, stays as it is.

use std::collections::BTreeMap;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value, value};
use weighbridge_domain::{Environment, Mode};
use weighbridge_policy::{EnvironmentPolicy, ParameterValue, PolicyError, SWITCHES};

use super::ChangePolicyError;
use crate::Engine;

/// One rule to be taken otherwise in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Where.
    pub environment: Environment,
    /// The rule.
    pub rule: String,
    /// How seriously.
    pub mode: Mode,
}

impl Engine {
    /// The files of the active policy, with these switches.
    pub async fn switched_policy(
        &self,
        switches: &[Switch],
    ) -> Result<BTreeMap<String, String>, ChangePolicyError> {
        let report = self.show_policy(None).await?;
        let mut files = report.bundle.files().clone();
        let text = files.remove(SWITCHES).unwrap_or_default();
        files.insert(SWITCHES.to_owned(), switched(&text, report.bundle.environments(), switches)?);
        Ok(files)
    }
}

/// `policy.toml` with these switches. What a version took from the defaults of its time is written down: the
/// defaults may be others by now.
fn switched(
    text: &str,
    active: &[EnvironmentPolicy],
    switches: &[Switch],
) -> Result<String, ChangePolicyError> {
    let bad = |why: String| ChangePolicyError::Policy(PolicyError::BadPolicyDocument(why));
    let mut document: DocumentMut = text.parse().map_err(|error| bad(format!("{error}")))?;
    for policy in active {
        let shipped = EnvironmentPolicy::shipped(policy.environment());
        for (id, setting) in policy.rules() {
            let Some(first) = shipped.rules().get(id) else { continue };
            let path = [policy.environment().as_str(), id];
            if first.mode != setting.mode {
                keep(&mut document, path, "mode", setting.mode.as_str().into());
            }
            for (name, parameter) in &setting.parameters {
                if first.parameters.get(name) != Some(parameter) {
                    keep(&mut document, path, name, written(parameter));
                }
            }
        }
    }
    for Switch { environment, rule, mode } in switches {
        let known = active.iter().find(|policy| policy.environment() == environment);
        let known = known.ok_or_else(|| bad(format!("there is no environment `{environment}`")))?;
        // A rule that nobody knows is refused in the words that say which are known.
        known.clone().with_mode(rule, *mode).map_err(|error| bad(error.to_string()))?;
        if let Some(table) = rule_table(&mut document, [environment.as_str(), rule]) {
            set(table, "mode", mode.as_str().into());
        }
    }
    Ok(document.to_string())
}

/// Writes a value where there is none.
fn keep(document: &mut DocumentMut, path: [&str; 2], name: &str, given: Value) {
    if let Some(table) = rule_table(document, path)
        && !table.contains_key(name)
    {
        table.insert(name, value(given));
    }
}

/// Writes a value in the place of another one, whose comment stays.
fn set(table: &mut dyn TableLike, name: &str, given: Value) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(known) => {
            let decor = known.decor().clone();
            *known = given;
            *known.decor_mut() = decor;
        }
        None => drop(table.insert(name, value(given))),
    }
}

/// The table of a rule in an environment; `None` where something else stands in its place.
fn rule_table<'a>(
    document: &'a mut DocumentMut,
    [environment, rule]: [&str; 2],
) -> Option<&'a mut dyn TableLike> {
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for name in ["environment", environment, "rules", rule] {
        let item = table.entry(name).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        table = item.as_table_like_mut()?;
    }
    Some(table)
}

fn written(parameter: &ParameterValue) -> Value {
    match parameter {
        // More than 2^63 hours, bytes or files are as many as 2^63.
        ParameterValue::Number(number) => i64::try_from(*number).unwrap_or(i64::MAX).into(),
        ParameterValue::Words(words) => words.iter().collect::<Array>().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active() -> Vec<EnvironmentPolicy> {
        ["dev", "production"]
            .map(|name| EnvironmentPolicy::shipped(&name.parse().unwrap()))
            .into_iter()
            .collect()
    }

    fn switch(environment: &str, rule: &str, mode: Mode) -> Switch {
        Switch { environment: environment.parse().unwrap(), rule: rule.to_owned(), mode }
    }

    #[test]
    fn a_switch_is_added_or_changed_and_everything_else_stays() {
        let text = "# ours\n[environment.production.rules.minimum-age]\nmode = \"warn\" # for now\n\
                    hours = 3\n";
        let changed = [
            switch("production", "minimum-age", Mode::Off),
            switch("dev", "licence-unknown", Mode::Enforce),
        ];
        assert_eq!(
            switched(text, &active(), &changed).unwrap(),
            "# ours\n[environment.production.rules.minimum-age]\nmode = \"off\" # for now\n\
             hours = 3\n\n[environment.dev.rules.licence-unknown]\nmode = \"enforce\"\n"
        );
        let inline = "environment.production.rules = { minimum-age = { mode = \"warn\" } }\n";
        let said = switched(inline, &active(), &changed[..1]).unwrap();
        assert_eq!(said, inline.replace("warn", "off"));
    }

    #[test]
    fn what_a_version_took_from_the_defaults_of_its_time_is_written_down() {
        let mut policies = active();
        let aged = policies.remove(1).with_mode("licence-unknown", Mode::Off).unwrap();
        let aged = aged.with_parameter("minimum-age", "hours", 7).unwrap();
        policies.push(aged);
        let said = switched("", &policies, &[switch("dev", "minimum-age", Mode::Enforce)]).unwrap();
        for part in [
            "[environment.production.rules.licence-unknown]\nmode = \"off\"",
            "[environment.production.rules.minimum-age]\nhours = 7",
            "[environment.dev.rules.minimum-age]\nmode = \"enforce\"",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        let odd = switched("", &active(), &[switch("dev", "minimum-aeg", Mode::Off)]).unwrap_err();
        assert!(odd.to_string().contains("did you mean `minimum-age`"), "{odd}");
        assert!(switched("", &active(), &[switch("moon", "minimum-age", Mode::Off)]).is_err());
        assert!(switched("no = [", &active(), &[]).is_err());
    }
}
