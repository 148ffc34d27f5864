//! Configuring the rules: what is taken, and what is refused with a suggestion.

use insta::assert_snapshot;
use weighbridge_domain::Mode;
use weighbridge_policy::{EnvironmentPolicy, ParameterValue, rules};

use crate::fixture::environment;

fn dev() -> EnvironmentPolicy {
    EnvironmentPolicy::shipped(&environment("dev"))
}

#[test]
fn an_unknown_rule_is_refused_with_the_nearest() {
    assert_snapshot!(dev().with_mode("license-denied", Mode::Off).unwrap_err(), @"no rule is called `license-denied`: did you mean `licence-denied`?");
    assert_snapshot!(dev().with_mode("zzz", Mode::Off).unwrap_err(), @"no rule is called `zzz`");
    assert_snapshot!(dev().with_parameter("licence-alowed", "licences", 1_u64).unwrap_err(), @"no rule is called `licence-alowed`: did you mean `licence-allowed`?");
}

#[test]
fn an_unknown_parameter_is_refused_with_the_nearest() {
    assert_snapshot!(dev().with_parameter("minimum-age", "hour", 1_u64).unwrap_err(), @"rule `minimum-age` has no parameter `hour`: did you mean `hours`?");
    assert_snapshot!(dev().with_parameter("custody-bad", "hours", 1_u64).unwrap_err(), @"rule `custody-bad` has no parameter `hours`");
}

#[test]
fn a_parameter_takes_its_own_kind() {
    assert_snapshot!(dev().with_parameter("licence-denied", "licences", 1_u64).unwrap_err(), @"parameter `licences` of rule `licence-denied` takes a list of words");
    let words = vec!["a".to_owned()];
    assert_snapshot!(dev().with_parameter("minimum-age", "hours", words).unwrap_err(), @"parameter `hours` of rule `minimum-age` takes a number");
    let pattern = vec!["a[*".to_owned()];
    assert_snapshot!(dev().with_parameter("licence-denied", "licences", pattern).unwrap_err(), @r#"`a[*` in parameter `licences` of rule `licence-denied` is not a word: up to 200 characters, no control characters and none of `[]{}?\!,`"#);
    let many: Vec<String> = (0..10_001).map(|n| n.to_string()).collect();
    assert_snapshot!(dev().with_parameter("licence-denied", "licences", many).unwrap_err(), @"parameter `licences` of rule `licence-denied` has more than 10000 words");
}

#[test]
fn every_shipped_default_would_be_accepted() {
    for name in ["dev", "staging", "production", "lab"] {
        let mut policy = EnvironmentPolicy::shipped(&environment(name));
        let before = policy.clone();
        for (rule, setting) in before.rules() {
            for (parameter, value) in &setting.parameters {
                policy = policy.with_parameter(rule, parameter, value.clone()).unwrap();
            }
        }
        assert_eq!(policy, before);
    }
}

#[test]
fn other_environments_start_like_staging() {
    let lab = EnvironmentPolicy::shipped(&environment("lab"));
    let staging = EnvironmentPolicy::shipped(&environment("staging"));
    assert_eq!(lab.rules(), staging.rules());
    assert_ne!(lab.rules(), dev().rules());
    let formats = dev().rules()["format-allowed"].parameters["formats"].clone();
    assert!(
        matches!(formats, ParameterValue::Words(words) if words.contains(&"pickle".to_owned()))
    );
}

#[test]
fn ids_are_sorted_unique_and_words() {
    let ids: Vec<_> = rules().iter().map(|rule| rule.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
    // In a configuration, the mode stands beside the parameters.
    assert!(rules().iter().flat_map(|rule| rule.parameters).all(|known| known.name != "mode"));
    assert!(ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
}
