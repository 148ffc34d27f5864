//! A rule that never ends, or eats the machine, is cut off; a policy is never bypassed by it.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use weighbridge_policy::{Place, Policy, PolicyError};

use crate::fixture::{facts, read, rule_with, told};

/// Slow for old revisions only, so that it passes the door, where facts are made up.
const LATE: &str = r#"
objections contains {"message": "m"} if {
	input.facts.artifact.name == "acme/slow"
	digits := [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
	some a in digits
	some b in digits
	some c in digits
	some d in digits
	some e in digits
	some f in digits
	some g in digits
	a * b * c * d * e * f * g == 0
}"#;

#[test]
fn a_rule_that_is_slow_about_made_up_facts_is_not_taken() {
    let text = rule_with(&LATE.replace("acme/slow", "acme/tiny-bert"));
    let began = Instant::now();
    let said = told(&[("odd.rego", &text)]);
    assert!(said.contains("rule `own-odd` was cut off after 500 ms"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_rule_that_runs_away_later_is_cut_off_and_named() {
    let (bundle, _) = read(&[("odd.rego", &rule_with(LATE))]).unwrap();
    let policy = Policy::of(&bundle, &Place::Here).unwrap();
    let facts = facts("production", ("acme/tiny-bert", "acme/slow"));
    let digest = weighbridge_domain::Digest::of(facts.as_bytes());
    let environment = "production".parse().unwrap();
    let error = policy.decide_recorded(&environment, &facts, digest).unwrap_err();
    let limit = Duration::from_secs(2);
    assert_eq!(error, PolicyError::RanAway { rule: "own-odd".to_owned(), limit });
}

#[test]
fn definitions_that_call_each_other_deep_or_in_a_circle_are_not_taken() {
    let mut body = String::from("objections contains {\"message\": \"m\"} if f0(1)\n\n");
    for at in 0..400 {
        writeln!(body, "f{at}(x) if f{}(x)\n", at + 1).unwrap();
    }
    body.push_str("f400(x) if x == 1\n");
    let said = told(&[("odd.rego", &rule_with(&body))]);
    assert!(said.contains("call each other more than 12 deep, or in a circle"), "{said}");
    let circle =
        "objections contains {\"message\": \"m\"} if f(1)\n\nf(x) if g(x)\n\ng(x) if f(x)\n";
    let said = told(&[("odd.rego", &rule_with(circle))]);
    assert!(said.contains("in a circle"), "{said}");
}

/// The deepest that is taken fits into the stack of a server thread.
#[test]
fn the_deepest_that_is_taken_does_not_end_the_stack() {
    let mut body = String::from("objections contains {\"message\": \"m\"} if f0(1)\n\n");
    for at in 0..10 {
        let next = at + 1;
        writeln!(body, "f{at}(y) := [[[[[[f{next}(y)]]]]]] if every z in [y] {{ f{next}(z) }}\n")
            .unwrap();
    }
    body.push_str("f10(y) := y\n");
    let text = rule_with(&body);
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let taken = thread.spawn(move || told(&[("odd.rego", &text)])).unwrap().join().unwrap();
    assert_eq!(taken, "");
}

/// Thirty brackets in each other took the parser longer than anybody waited.
#[test]
fn brackets_in_brackets_do_not_keep_the_parser_busy() {
    let began = Instant::now();
    for (open, close) in [
        ("[", "]"),
        ("{", "}"),
        ("[x |", "]"),
        ("{x:", "}"),
        ("f(", ")"),
        ("(", ")"),
        ("{x: x |", "}"),
    ] {
        for depth in 1..40 {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let body = format!(
                "objections contains {{\"message\": \"m\"}} if {{ x := 1; {nested} == 1 }}"
            );
            drop(read(&[("odd.rego", &rule_with(&body))]));
            drop(read(&[("odd.rego", &rule_with(&format!("{body}\ny := {nested}")))]));
        }
    }
    let deep = format!("y := {}", "[".repeat(30));
    assert!(
        told(&[("odd.rego", &rule_with(&deep))])
            .contains("odd.rego:7: error: its brackets stand too deep")
    );
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
}
