//! Whole decisions: first-run defaults, order, digests and replay.

use insta::assert_snapshot;
use weighbridge_domain::Severity::{Dangerous, Review};
use weighbridge_domain::{DataClass, Digest, Mode, Outcome, RiskAnswers, Tier};
use weighbridge_policy::{
    CustodyFact, EnvironmentPolicy, Facts, FindingCounts, Judgement, Place, Policy, PolicyError,
    UseFact, rules,
};

use crate::fixture::{before_the_first_byte, environment, finding, format, harmless, told};

fn shipped(name: &str) -> EnvironmentPolicy {
    EnvironmentPolicy::shipped(&environment(name))
}

fn first_run() -> Policy {
    Policy::compile(["dev", "staging", "production"].map(shipped).to_vec()).unwrap()
}

#[test]
fn dev_serves_clean_files_before_the_rest_was_asked_for() {
    let judgement = first_run().decide(&before_the_first_byte("dev")).unwrap();
    assert_snapshot!(told(&judgement), @"allow");
}

#[test]
fn production_holds_what_nobody_approved_or_examined() {
    let mut facts = before_the_first_byte("production");
    facts.approvals.clear();
    assert_snapshot!(told(&first_run().decide(&facts).unwrap()), @r#"
    hold
    enforce hold approval-required: `acme/tiny-bert` is not approved for `production`: it has 0 of 1 approval; ask for an approval: `weighbridge request REF --for production` [approver]
    enforce hold scan-complete: 3 of 3 files have not been examined yet; wait until the whole revision has been fetched and examined [admin]
    "#);
    let judgement = first_run().decide(&harmless("production")).unwrap();
    assert_snapshot!(told(&judgement), @"allow");
}

#[test]
fn dev_denies_danger_and_prohibited_sources_and_bad_custody() {
    let policy = first_run();
    let mut facts = harmless("dev");
    facts.findings = vec![finding(Dangerous, "pytorch_model.bin")];
    assert_eq!(policy.decide(&facts).unwrap().outcome, Outcome::Deny);
    let mut facts = before_the_first_byte("dev");
    facts.source.tier = Tier::Prohibited;
    assert_eq!(policy.decide(&facts).unwrap().outcome, Outcome::Deny);
    let mut facts = harmless("dev");
    facts.custody = CustodyFact { recalled: 1, ..CustodyFact::default() };
    assert_eq!(policy.decide(&facts).unwrap().outcome, Outcome::Deny);
    let mut facts = harmless("dev");
    facts.scan.unknown = 1;
    assert_eq!(policy.decide(&facts).unwrap().outcome, Outcome::Hold);
}

#[test]
fn every_rule_obeys_its_mode() {
    for mode in [Mode::Off, Mode::Warn, Mode::Enforce] {
        let mut policy = shipped("staging");
        for rule in rules() {
            policy = policy.with_mode(rule.id, mode).unwrap();
        }
        for list in ["publisher-denied", "licence-denied"] {
            let name = if list == "licence-denied" { "licences" } else { "publishers" };
            policy = policy.with_parameter(list, name, vec!["*".to_owned()]).unwrap();
        }
        let judgement = Policy::compile(vec![policy]).unwrap().decide(&terrible()).unwrap();
        let mut fired: Vec<_> = judgement.reasons.iter().map(|reason| &*reason.rule).collect();
        fired.sort_unstable();
        fired.dedup();
        let expected: Vec<_> = match mode {
            Mode::Off => Vec::new(),
            Mode::Warn | Mode::Enforce => rules().iter().map(|rule| rule.id).collect(),
        };
        assert_eq!(fired, expected);
        assert!(judgement.reasons.iter().all(|reason| reason.mode == mode));
        let outcome = if mode == Mode::Enforce { Outcome::Deny } else { Outcome::Allow };
        assert_eq!(judgement.outcome, outcome);
    }
}

#[test]
fn the_table_says_what_the_rules_say() {
    let mut policy = shipped("staging");
    for rule in rules() {
        policy = policy.with_mode(rule.id, Mode::Enforce).unwrap();
    }
    let judgement = Policy::compile(vec![policy]).unwrap().decide(&terrible()).unwrap();
    for reason in &judgement.reasons {
        let rule = rules().iter().find(|rule| rule.id == reason.rule).unwrap();
        let said = (&*reason.contact, reason.gate, reason.effect);
        assert_eq!(said, (rule.contact, rule.gate, rule.effect), "{}", rule.id);
    }
}

#[test]
fn reasons_come_enforced_first_then_denials_then_by_rule() {
    let policy = shipped("staging").with_mode("custody-bad", Mode::Warn).unwrap();
    let judgement = Policy::compile(vec![policy]).unwrap().decide(&terrible()).unwrap();
    let order: Vec<_> = judgement
        .reasons
        .iter()
        .map(|reason| format!("{} {} {}", reason.mode, reason.effect, reason.rule))
        .collect();
    assert_snapshot!(order.join("\n"), @r#"
    enforce deny file-too-large
    enforce deny finding-dangerous
    enforce deny revision-too-large
    enforce deny source-prohibited
    enforce hold finding-review
    enforce hold scan-unknown
    warn deny custody-bad
    warn deny format-allowed
    warn deny licence-allowed
    warn hold approval-required
    warn hold data-tier
    warn hold licence-unknown
    warn hold minimum-age
    warn hold scan-complete
    "#);
}

#[test]
fn equal_documents_have_equal_digests_and_others_do_not() {
    let (policy, again) = (first_run(), first_run());
    let dev = environment("dev");
    assert_eq!(policy.digest(&dev), again.digest(&dev));
    assert_ne!(policy.digest(&dev), policy.digest(&environment("staging")));
    let document = policy.document(&dev).unwrap();
    assert_eq!(policy.digest(&dev), Ok(Digest::of(document.as_bytes())));

    let digest = |changed: EnvironmentPolicy| Policy::compile(vec![changed]).unwrap().digest(&dev);
    let listed = |words: &[&str]| {
        let changed = shipped("dev").with_parameter("publisher-denied", "publishers", words);
        digest(changed.unwrap())
    };
    assert_ne!(policy.digest(&dev), listed(&["evil"]));
    assert_eq!(listed(&["evil", "Bad"]), listed(&["bad", "evil", "EVIL"]));
    let warned = shipped("dev").with_mode("custody-bad", Mode::Warn).unwrap();
    assert_ne!(policy.digest(&dev), digest(warned));

    let mut facts = harmless("dev");
    assert_eq!(facts.digest(), harmless("dev").digest());
    assert_eq!(facts.digest(), Digest::of(facts.canonical().as_bytes()));
    facts.revision.restricted = true;
    assert_ne!(facts.digest(), harmless("dev").digest());
}

#[test]
fn the_facts_document_is_canonical() {
    assert_snapshot!(harmless("dev").canonical(), @r#"{"approvals":[{"by":"ann","expires_at":null,"role":"approver"}],"artifact":{"kind":"model","name":"acme/tiny-bert","publisher":"acme"},"custody":{"example":null,"recalled":0,"rejected":0},"environment":"dev","finding_counts":{"dangerous":0,"note":0,"review":0},"findings":[],"formats":[{"examined":true,"example":"config.json","files":2,"format":"json"},{"examined":true,"example":"model.safetensors","files":1,"format":"safetensors"}],"revision":{"age_hours":1000,"commit":"9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c","file_count":3,"largest_file":"model.safetensors","largest_file_bytes":419000000,"licence_grade":"declared","licences":["apache-2.0"],"manifest":null,"restricted":false,"total_bytes":420000000},"scan":{"examined":3,"example_unknown":null,"pending":0,"sandboxed":true,"unknown":0},"schema":1,"source":{"name":"hub","tier":2,"tier_because":"source"},"uses":[{"affected":null,"affects_people":false,"data":"internal","request":"01J","residency":null,"use_case":"","user_facing":false}],"waivers":[]}"#);
}

#[test]
fn a_decision_can_be_replayed_from_its_two_documents() {
    let policy = first_run();
    for name in ["dev", "staging", "production"] {
        let mut facts = terrible();
        facts.environment = environment(name);
        for facts in [facts, harmless(name), before_the_first_byte(name)] {
            let judgement = policy.decide(&facts).unwrap();
            let document = policy.document(&environment(name)).unwrap();
            assert_eq!(replay(document, &facts.canonical()), Ok(judgement));
        }
    }
}

#[test]
fn a_replay_with_other_documents_shows() {
    let policy = first_run();
    let facts = harmless("dev").canonical();
    let document = policy.document(&environment("dev")).unwrap();
    let judgement = replay(document, &facts).unwrap();
    let padded = replay(&format!("{document} "), &facts).unwrap();
    assert_ne!(judgement.policy, padded.policy);
    let changed = document.replace("facts.custody.rejected > 0", "facts.custody.rejected >= 0");
    assert_eq!(replay(&changed, &facts).unwrap().outcome, Outcome::Deny);

    let staging = policy.document(&environment("staging")).unwrap();
    assert!(matches!(replay(staging, &facts), Err(PolicyError::BadFacts(_))));
    for odd in ["", "null", "[]", "{}", r#"{"schema":2,"environment":"dev"}"#, "\u{0}"] {
        assert!(matches!(replay(document, odd), Err(PolicyError::BadFacts(_))), "{odd}");
        assert!(matches!(replay(odd, &facts), Err(PolicyError::BadPolicyDocument(_))), "{odd}");
    }
}

/// Replays a harmless revision with another text for the rule `custody-bad`.
fn with_custody_rule(rego: &str) -> Result<Judgement, PolicyError> {
    let policy = first_run();
    let document = policy.document(&environment("dev")).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(document).unwrap();
    document["rules"]["custody-bad"]["rego"] = rego.into();
    replay(&document.to_string(), &harmless("dev").canonical())
}

#[test]
fn an_error_names_the_rule() {
    for (rego, told) in [
        ("pakage weighbridge.custody_bad", "does not compile"),
        ("package elsewhere", "its package is `data.elsewhere`"),
        ("package weighbridge.custody_bad", "does not compile"),
        ("package weighbridge.custody_bad\nimport rego.v1\nobjections := 1", "are not a set"),
        (
            "package weighbridge.custody_bad\nimport rego.v1\nobjections contains {\"effect\": \"deny\"}",
            "odd",
        ),
        (
            "package weighbridge.custody_bad\nimport rego.v1\nobjections contains 1 / input.facts.custody.recalled",
            "divide",
        ),
        (
            "package weighbridge.custody_bad\nimport rego.v1\nobjections contains unheard_of(1)",
            "unheard_of",
        ),
    ] {
        let error = with_custody_rule(rego).unwrap_err();
        assert_eq!(error.rule(), Some("custody-bad"), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn an_environment_without_policy_is_an_error() {
    let policy = Policy::compile(vec![shipped("dev")]).unwrap();
    let error = policy.decide(&harmless("production")).unwrap_err();
    assert_snapshot!(error, @"no policy is configured for environment `production`");
    let twice = Policy::compile(vec![shipped("dev"), shipped("dev")]);
    assert_eq!(twice.err(), Some(PolicyError::TwoPolicies("dev".to_owned())));
}

#[test]
fn what_upstream_wrote_cannot_act_on_a_terminal_or_fill_a_screen() {
    let mut facts = harmless("staging");
    facts.revision.licences = vec![format!("\u{1b}[2J\r\n{}", "x".repeat(10_000))];
    let judgement = first_run().decide(&facts).unwrap();
    let message = &judgement.reasons.first().unwrap().message;
    assert!(message.chars().count() < 700 && !message.chars().any(char::is_control), "{message}");
}

#[test]
fn one_policy_answers_many_threads() {
    let policy = first_run();
    let expected = policy.decide(&harmless("production")).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (policy, expected) = (policy.clone(), &expected);
            scope.spawn(move || {
                for _ in 0..50 {
                    assert_eq!(&policy.decide(&harmless("production")).unwrap(), expected);
                }
            });
        }
    });
}

/// Facts that every rule objects to.
fn terrible() -> Facts {
    let mut facts = harmless("staging");
    facts.source.tier = Tier::Prohibited;
    facts.revision.age_hours = Some(1);
    facts.revision.licences = vec!["other".to_owned()];
    facts.revision.total_bytes = u64::MAX;
    facts.revision.largest_file_bytes = u64::MAX;
    facts.formats.push(format("exe", 1, "setup.exe"));
    facts.findings = vec![finding(Dangerous, "a.bin"), finding(Review, "b.py")];
    facts.finding_counts = FindingCounts { note: 0, review: 1, dangerous: 1 };
    facts.scan.examined = 1;
    facts.scan.unknown = 1;
    facts.custody.rejected = 1;
    facts.approvals.clear();
    let restricted = RiskAnswers::about(DataClass::Restricted);
    facts.uses.push(UseFact::of("01K".to_owned(), restricted));
    facts
}

fn replay(policy_document: &str, facts_document: &str) -> Result<Judgement, PolicyError> {
    weighbridge_policy::replay(policy_document, facts_document, &Place::Here)
}
