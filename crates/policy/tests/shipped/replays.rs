//! A decision runs rules as instructions, a replay interprets them: both have to say the same of all facts.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use weighbridge_domain::{Digest, Mode};
use weighbridge_policy::{
    EnvironmentPolicy, ParameterKind, ParameterValue, Place, Policy, replay, rules,
};

use crate::fixture::{environment, harmless};

/// Words that lists have, nearly have, or do not have.
const WORDS: [&str; 8] =
    ["acme", "ACME", "acme-labs", "safetensors", "mit", "gpl-3.0", "other", ""];

/// Every rule in force, and no list without an entry.
fn strict() -> Policy {
    let mut policy = EnvironmentPolicy::shipped(&environment("staging"));
    for rule in rules() {
        policy = policy.with_mode(rule.id, Mode::Enforce).unwrap();
        for parameter in rule.parameters {
            let value: ParameterValue = match parameter.kind {
                ParameterKind::Number => 2_u64.into(),
                ParameterKind::Words => vec!["acme*".to_owned(), "mit".to_owned()].into(),
            };
            policy = policy.with_parameter(rule.id, parameter.name, value).unwrap();
        }
    }
    Policy::compile(vec![policy]).unwrap()
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![3 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0_u64..4, 1 => any::<u64>().prop_map(|number| number >> 12)]
}

fn or_null(some: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just(Value::Null), 2 => some]
}

/// What may stand in the places that rules look at.
fn changes() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let text = || word().prop_map(Value::from);
    let count = || number().prop_map(Value::from);
    let severity = prop::sample::select(vec!["note", "review", "dangerous"]);
    let finding = (severity, word(), word())
        .prop_map(|(s, p, m)| json!({"severity": s, "path": p, "message": m, "rule": "WB-X"}));
    let format = (word(), number(), any::<bool>())
        .prop_map(|(f, n, e)| json!({"format": f, "files": n, "example": f, "examined": e}));
    let approval = (word(), prop::sample::select(vec!["approver", "developer"]))
        .prop_map(|(by, role)| json!({"by": by, "role": role, "expires_at": null}));
    let class = prop::sample::select(vec!["public", "internal", "confidential", "restricted"]);
    let used = (class, or_null(text())).prop_map(|(data, residency)| {
        json!({"request": "01J", "use_case": "", "data": data, "residency": residency,
               "user_facing": false, "affects_people": false, "affected": null})
    });
    let attestation = (word(), word())
        .prop_map(|(t, k)| json!({"predicate_type": t, "key": k, "grade": "verified"}));
    let unknown = or_null((word(), word()).prop_map(|(p, w)| json!({"path": p, "why": w})).boxed());
    let grade = prop::sample::select(vec!["declared", "missing"]);
    let one = prop_oneof![
        or_null(text()).prop_map(|v| ("/artifact/publisher", v)),
        (1_u64..4).prop_map(|v| ("/source/tier", v.into())),
        text().prop_map(|v| ("/source/tier_because", v)),
        or_null(count()).prop_map(|v| ("/revision/age_hours", v)),
        vec(text(), 0..4).prop_map(|v| ("/revision/licences", v.into())),
        grade.prop_map(|v| ("/revision/licence_grade", v.into())),
        count().prop_map(|v| ("/revision/file_count", v)),
        count().prop_map(|v| ("/revision/total_bytes", v)),
        count().prop_map(|v| ("/revision/largest_file_bytes", v)),
        or_null(text()).prop_map(|v| ("/revision/largest_file", v)),
        vec(format, 0..4).prop_map(|v| ("/formats", v.into())),
        vec(finding, 0..4).prop_map(|v| ("/findings", v.into())),
        count().prop_map(|v| ("/finding_counts/dangerous", v)),
        count().prop_map(|v| ("/finding_counts/review", v)),
        count().prop_map(|v| ("/scan/examined", v)),
        count().prop_map(|v| ("/scan/pending", v)),
        count().prop_map(|v| ("/scan/unknown", v)),
        unknown.prop_map(|v| ("/scan/example_unknown", v)),
        count().prop_map(|v| ("/custody/rejected", v)),
        count().prop_map(|v| ("/custody/recalled", v)),
        or_null(text()).prop_map(|v| ("/custody/example", v)),
        text().prop_map(|v| ("/custody/recalled_by", v)),
        text().prop_map(|v| ("/custody/recalled_because", v)),
        vec(approval, 0..3).prop_map(|v| ("/approvals", v.into())),
        Just(("/approval_ended_at", json!("2027-01-01T10:20:30Z"))),
        vec(used, 0..3).prop_map(|v| ("/uses", v.into())),
        vec(attestation, 1..3).prop_map(|v| ("/attestations", v.into())),
    ];
    vec(one, 0..12)
}

/// Puts a value in its place, also where there was none.
fn set(facts: &mut Value, path: &str, value: Value) {
    let (parent, name) = path.rsplit_once('/').unwrap();
    facts.pointer_mut(parent).unwrap()[name] = value;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn a_decision_and_its_replay_say_the_same_of_all_facts(changes in changes()) {
        static STRICT: std::sync::LazyLock<Policy> = std::sync::LazyLock::new(strict);
        let staging = environment("staging");
        let mut facts: Value = serde_json::from_str(&harmless("staging").canonical()).unwrap();
        for (path, value) in changes {
            set(&mut facts, path, value);
        }
        let text = facts.to_string();
        let decided = STRICT.decide_recorded(&staging, &text, Digest::of(text.as_bytes())).unwrap();
        let document = STRICT.document(&staging).unwrap();
        prop_assert_eq!(replay(document, &text, &Place::Here).unwrap(), decided);
    }
}
