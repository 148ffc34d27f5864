//! Policies at the terminal: checked and tested without a server, changed by two people.

use super::desk::Desk;
use crate::assert_said;

const RULE: &str = r#"package weighbridge.own.acme_care

import rego.v1

rule := {
	"title": "a model of a watched publisher is young",
	"why": "Their last two releases were taken back.",
	"effect": "hold",
	"contact": "security-reviewer",
	"parameters": {"hours": 500},
}

objections contains {"message": sprintf("it is %d hours old", [input.facts.revision.age_hours])} if {
	input.facts.revision.age_hours < input.parameters.hours
}
"#;

const TEST: &str = r#"package weighbridge.own.acme_care_test

import rego.v1

test_an_old_one_passes if {
	count(data.weighbridge.own.acme_care.objections) == 0 with input as {
		"facts": data.weighbridge.example.facts,
		"parameters": {"hours": 500},
	}
}
"#;

/// A desk with a policy in the folder `policy`.
fn desk(files: &[(&str, &str)]) -> Desk {
    let desk = Desk::new();
    std::fs::create_dir(desk.home().join("policy")).unwrap();
    for (name, text) in files {
        desk.write(&format!("policy/{name}"), text);
    }
    desk
}

#[test]
fn a_policy_is_checked_and_tested_without_a_server() {
    let desk = desk(&[("acme_care.rego", RULE), ("acme_care_test.rego", TEST), ("README.md", "x")]);
    let said = desk.run_all(&[
        &["policy", "check", "policy"],
        &["policy", "test", "policy"],
        &["policy", "check", "policy/acme_care.rego"],
    ]);
    assert_said!(said);
    assert!(!desk.data().exists(), "no instance was made for it");
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_a_script_sees_it_too() {
    let wrong = RULE.replace("revision.age_hours <", "revision.age_days <");
    let switches = "[environment.prod.rules.minimum-age]\nmode = \"warn\"\n";
    let failing = TEST.replace("== 0", "== 5");
    let desk = desk(&[("acme_care.rego", &wrong), ("policy.toml", switches)]);
    let mut said = desk.run_all(&[
        &["policy", "check", "policy"],
        &["policy", "check", "policy", "--format", "quiet"],
        &["policy", "check", "nowhere"],
    ]);
    desk.write("policy/acme_care.rego", RULE);
    desk.write("policy/policy.toml", "");
    desk.write("policy/acme_care_test.rego", &failing);
    std::fs::create_dir(desk.home().join("empty")).unwrap();
    said += &desk.run_all(&[
        &["policy", "test", "policy"],
        &["policy", "test", "policy/acme_care.rego"],
        &["policy", "check", "empty"],
    ]);
    assert_said!(said);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_change_the_policy_and_see_what_it_does_first() {
    let hub = weighbridge_testkit::FakeHub::start().await;
    hub.publish("acme/words", "words.txt", b"weighed");
    let desk = desk(&[("acme_care.rego", RULE)]);
    let switches = "[environment.dev.rules.own-acme-care]\nmode = \"enforce\"\nhours = 90000000\n";
    desk.write("policy/policy.toml", switches);
    desk.run(&["source", "add", "upstream", &hub.url(), "--tier", "1"]);
    let sam = desk.json(&["token", "create", "sam", "--role", "security-reviewer"]);
    let sam = sam["token"].as_str().unwrap().to_owned();
    let server = desk.serve();
    let pulled = || desk_get(&server.url, "/acme/words/resolve/main/words.txt");
    assert!(pulled().contains("weighed"));
    let propose = ["policy", "activate", "policy", "--because", "too many young ones"];
    let mut said = desk.run(&["policy", "simulate", "policy", "--days", "7"]);
    said += &desk.run(&["policy", "diff", "active", "policy"]);
    said += &desk.run(&propose);
    said += &desk.run(&["policy", "confirm", "2"]);
    said += &desk.run_as(&sam, &["policy", "confirm", "2"]);
    assert!(!pulled().contains("weighed"));
    said += &desk.run(&["policy", "diff", "active", "policy"]);
    said += &desk.run(&["policy", "diff", "active", "config"]);
    said += &desk.run(&["policy", "export", "out"]);
    said += &desk.run(&["policy", "diff", "out", "policy"]);
    said += &desk.run(&["policy", "export", "out"]);
    said += &desk.run_as(&sam, &["policy", "activate", "1", "--because", "it stopped everybody"]);
    said += &desk.run(&["policy", "withdraw", "3"]);
    said += &desk.run(&["policy", "page", "own-acme-care"]);
    said += &desk.run(&["policy", "block-list"]);
    let told = said.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>();
    assert_said!(without_what_differs(&told));
    assert_eq!(desk.json(&["policy", "history"]).as_array().unwrap().len(), 3);
}

/// Ages, commits and moments differ from run to run.
fn without_what_differs(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split_inclusive([' ', '\n']) {
        let bare = word.trim_end();
        let is_moment = bare.len() > 20 && bare.starts_with("20") && bare.contains('T');
        let is_commit = bare.starts_with("acme/words@");
        let stand_in = if is_moment {
            "<moment>"
        } else if is_commit {
            "acme/words@<commit>"
        } else {
            bare
        };
        shown.push_str(stand_in);
        shown.push_str(&word[bare.len()..]);
    }
    shown
}

/// The body of an answer, redirects followed once.
fn desk_get(url: &str, path: &str) -> String {
    let out =
        std::process::Command::new("curl").args(["-sL", &format!("{url}{path}")]).output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}
