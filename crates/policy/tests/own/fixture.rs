//! Policies as files, and facts to ask them about.

use std::collections::BTreeMap;

use weighbridge_domain::Environment;
use weighbridge_policy::{Bundle, Complaint, Judgement, Place, Policy, example_facts};

/// A rule that looks at the licence and has a parameter.
pub(crate) const CARE: &str = r#"package weighbridge.own.acme_care

import rego.v1

rule := {
	"title": "a model of a watched publisher is young",
	"why": "Their last two releases were taken back.",
	"effect": "hold",
	"contact": "security-reviewer",
	"modes": {"dev": "off", "staging": "warn", "production": "enforce"},
	"parameters": {"hours": 500, "publishers": ["acme"]},
}

objections contains {
	"message": sprintf("`%s` is %d hours old", [input.facts.artifact.name, input.facts.revision.age_hours]),
	"remedy": data.weighbridge.own.lib.words.wait(input.parameters.hours),
} if {
	data.weighbridge.words.listed(input.facts.artifact.publisher, input.parameters.publishers)
	input.facts.revision.age_hours < input.parameters.hours
}
"#;

pub(crate) const WORDS: &str = r#"package weighbridge.own.lib.words

import rego.v1

wait(hours) := sprintf("wait until it is %d hours old", [hours])
"#;

pub(crate) const TEST: &str = r#"package weighbridge.own.acme_care_test

import rego.v1

parameters := {"hours": 500, "publishers": ["acme"]}

young := object.union(data.weighbridge.example.facts, {"revision": {"age_hours": 3}})

test_an_old_one_passes if {
	count(data.weighbridge.own.acme_care.objections) == 0 with input as {"facts": data.weighbridge.example.facts, "parameters": parameters}
}

test_a_young_one_is_held if {
	some objection in data.weighbridge.own.acme_care.objections with input as {"facts": young, "parameters": parameters}
	objection.message == "`acme/tiny-bert` is 3 hours old"
}

test_that_fails if {
	count(data.weighbridge.own.acme_care.objections) == 7 with input as {"facts": young, "parameters": parameters}
}
"#;

pub(crate) fn files(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

pub(crate) fn environments() -> Vec<Environment> {
    ["dev", "staging", "production"].map(|name| name.parse().unwrap()).to_vec()
}

pub(crate) fn read(given: &[(&str, &str)]) -> Result<(Bundle, Vec<Complaint>), Vec<Complaint>> {
    Bundle::read(files(given), &environments(), &Place::Here)
}

/// The policy of a rule, its library and its tests.
pub(crate) fn acme() -> Bundle {
    let files = [
        ("rules/acme_care.rego", CARE),
        ("lib/words.rego", WORDS),
        ("tests/acme_care_test.rego", TEST),
    ];
    let (bundle, complaints) = read(&files).unwrap();
    assert_eq!(complaints, []);
    bundle
}

/// The example facts in an environment, with something in them replaced.
pub(crate) fn facts(environment: &str, change: (&str, &str)) -> String {
    let text = example_facts().replace("\"production\"", &format!("\"{environment}\""));
    assert!(change.0.is_empty() || text.contains(change.0), "{text}");
    if change.0.is_empty() { text } else { text.replace(change.0, change.1) }
}

pub(crate) fn judge(bundle: &Bundle, environment: &str, facts: &str) -> Judgement {
    let digest = weighbridge_domain::Digest::of(facts.as_bytes());
    let policy = Policy::of(bundle, &Place::Here).unwrap();
    policy.decide_recorded(&environment.parse().unwrap(), facts, digest).unwrap()
}

/// What is said about a policy, one complaint a line.
pub(crate) fn told(given: &[(&str, &str)]) -> String {
    let complaints = match read(given) {
        Ok((_, complaints)) | Err(complaints) => complaints,
    };
    complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A rule that is fine but for its body.
pub(crate) fn rule_with(body: &str) -> String {
    format!(
        "package weighbridge.own.odd\n\nimport rego.v1\n\nrule := {{\"title\": \"t\", \"why\": \"w\", \
         \"effect\": \"deny\", \"contact\": \"admin\"}}\n\n{body}\n"
    )
}
