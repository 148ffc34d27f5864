//! What is taken, what it decides, and that the record is enough to decide it again.

use weighbridge_domain::{Mode, Outcome};
use weighbridge_policy::{Bundle, Place, Policy, TestOutcome, replay};

use crate::fixture::{CARE, WORDS, acme, environments, facts, judge, read};

const YOUNG: (&str, &str) = ("\"age_hours\":1000", "\"age_hours\":400");

#[test]
fn an_own_rule_holds_where_it_is_enforced_and_only_warns_where_it_is_not() {
    let bundle = acme();
    let held = judge(&bundle, "production", &facts("production", YOUNG));
    assert_eq!(held.outcome, Outcome::Hold);
    let reason = held.reasons.iter().find(|reason| reason.rule == "own-acme-care").unwrap();
    assert_eq!(reason.message, "`acme/tiny-bert` is 400 hours old");
    assert_eq!(reason.remedy, "wait until it is 500 hours old");
    assert_eq!(reason.contact, "security-reviewer");
    let warned = judge(&bundle, "staging", &facts("staging", YOUNG));
    assert_eq!(warned.outcome, Outcome::Allow);
    assert_eq!(warned.reasons.first().map(|reason| reason.mode), Some(Mode::Warn));
    assert_eq!(judge(&bundle, "dev", &facts("dev", YOUNG)).reasons, []);
}

#[test]
fn switches_change_own_rules_and_shipped_ones() {
    let switches = "
        [environment.production.rules.own-acme-care]
        mode = \"warn\"
        hours = 300
        [environment.production.rules.licence-allowed]
        mode = \"enforce\"
        licences = [\"mit\"]";
    let given = [("a.rego", CARE), ("b.rego", WORDS), ("policy.toml", switches)];
    let (bundle, _) = read(&given).unwrap();
    let told = judge(&bundle, "production", &facts("production", YOUNG));
    let rules: Vec<&str> = told.reasons.iter().map(|reason| reason.rule.as_str()).collect();
    assert_eq!((told.outcome, rules), (Outcome::Deny, vec!["licence-allowed"]));
}

#[test]
fn a_waiver_sets_an_own_rule_aside_unless_it_says_that_it_is_never_waived() {
    let waived =
        |facts: String| facts.replace("\"rule\":\"licence-unknown\"", "\"rule\":\"own-acme-care\"");
    let facts = waived(facts("production", YOUNG));
    let told = judge(&acme(), "production", &facts);
    assert_eq!(told.outcome, Outcome::Allow);
    assert!(told.reasons.iter().any(|reason| reason.message.contains("waived by bob until")));
    let strict = CARE.replace("\"effect\": \"hold\"", "\"waivable\": false, \"effect\": \"hold\"");
    let (bundle, _) = read(&[("a.rego", &strict), ("b.rego", WORDS)]).unwrap();
    assert_eq!(judge(&bundle, "production", &facts).outcome, Outcome::Hold);
}

#[test]
fn a_decision_by_an_own_rule_is_replayed_from_the_record_alone() {
    let bundle = acme();
    let policy = Policy::of(&bundle, &Place::Here).unwrap();
    let facts = facts("production", YOUNG);
    let document = policy.document(&"production".parse().unwrap()).unwrap();
    assert_eq!(
        replay(document, &facts, &Place::Here).unwrap(),
        judge(&bundle, "production", &facts)
    );
}

#[test]
fn the_document_of_a_policy_gives_the_same_policy() {
    let bundle = acme();
    let again = Bundle::from_document(&bundle.document(), &environments()).unwrap();
    assert_eq!(again, bundle);
    assert_eq!(again.digest(), bundle.digest());
}

#[test]
fn settings_become_the_switches_that_give_them() {
    let switches = "[environment.production.rules.minimum-age]\nmode = \"warn\"\nhours = 7\n\n\
                    [environment.staging.rules.publisher-denied]\npublishers = [\"a\\\"b\", \"evil\"]\n";
    let (bundle, _) = read(&[("policy.toml", switches)]).unwrap();
    let again = Bundle::of_settings(bundle.environments().to_vec());
    let written = &again.files()["policy.toml"];
    let (third, _) = read(&[("policy.toml", written)]).unwrap();
    assert_eq!(third.environments(), bundle.environments());
    assert!(Bundle::of_settings(read(&[]).unwrap().0.environments().to_vec()).files().is_empty());
}

#[test]
fn tests_pass_fail_and_see_an_example() {
    let runs = acme().run_tests().unwrap();
    let told: Vec<(&str, bool)> =
        runs.iter().map(|run| (run.name.as_str(), run.outcome == TestOutcome::Passed)).collect();
    assert_eq!(
        told,
        [
            ("test_a_young_one_is_held", true),
            ("test_an_old_one_passes", true),
            ("test_that_fails", false)
        ]
    );
    assert!(runs.iter().all(|run| !matches!(run.outcome, TestOutcome::Error(_))), "{runs:?}");
}

#[test]
fn what_differs_is_told_in_words() {
    let switches = "[environment.production.rules.minimum-age]\nhours = 5\n\
                    [environment.dev.rules.licence-allowed]\nlicences = [\"mit\", \"x-1\"]\n\
                    [environment.dev.rules.own-acme-care]\nmode = \"enforce\"\n";
    let changed = CARE.replace("\"hold\"", "\"deny\"");
    let (other, _) =
        read(&[("a.rego", &changed), ("b.rego", WORDS), ("policy.toml", switches)]).unwrap();
    let told = |one: &Bundle, other: &Bundle| -> Vec<String> {
        one.differences(other)
            .iter()
            .map(|one| one.to_string().chars().take(90).collect())
            .collect()
    };
    let (shipped, _) = read(&[]).unwrap();
    assert_eq!(told(&shipped, &shipped), Vec::<String>::new());
    let words = told(&acme(), &other);
    assert!(words.contains(&"~ own-acme-care: its text, effect changed".to_owned()), "{words:?}");
    assert!(words.contains(&"~ own-acme-care in dev: off -> enforce".to_owned()), "{words:?}");
    assert!(words.contains(&"~ minimum-age in production: hours 72 -> 5".to_owned()), "{words:?}");
    assert!(
        words.iter().any(|line| line.starts_with("~ licence-allowed in dev: licences +x-1 -0bsd")),
        "{words:?}"
    );
    let words = told(&shipped, &other);
    assert!(words.contains(&"+ own-acme-care: a new rule".to_owned()), "{words:?}");
    assert!(told(&other, &shipped).contains(&"- own-acme-care: the rule is gone".to_owned()));
}
