//! How long a decision takes: shipped rules alone, and with own ones beside them, in a process of their own.
//! One line of JSON for each; `make bench-policy` reads them.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use weighbridge_domain::{Digest, Environment};
use weighbridge_policy::{Bundle, Place, Policy, Workers, example_facts, worker_main};

/// Decisions before anything is counted.
const WARM_UP: u32 = 2_000;

/// An own rule as people write them: a list, a number, a message.
fn rule(number: usize) -> String {
    let mut text = String::new();
    write!(
        text,
        "package weighbridge.own.care_{number}\n\nimport rego.v1\n\n\
         rule := {{\"title\": \"it is young\", \"why\": \"Releases were taken back.\", \"effect\": \"hold\", \
         \"contact\": \"security-reviewer\", \"modes\": {{\"production\": \"enforce\"}}, \
         \"parameters\": {{\"hours\": 500, \"publishers\": [\"acme\", \"other-*\"]}}}}\n\n\
         objections contains {{\"message\": sprintf(\"it is %d hours old\", [input.facts.revision.age_hours])}} if {{\n\
         \tdata.weighbridge.words.listed(input.facts.artifact.publisher, input.parameters.publishers)\n\
         \tinput.facts.revision.age_hours < input.parameters.hours\n}}\n"
    )
    .unwrap();
    text
}

/// Facts about a harmless revision, with so many notes of the scanner.
fn facts(findings: usize) -> String {
    let mut facts: serde_json::Value = serde_json::from_str(&example_facts()).unwrap();
    let note = facts.pointer("/findings/0").unwrap().clone();
    let notes = facts.pointer_mut("/findings").unwrap();
    *notes = std::iter::repeat_n(note, findings).collect();
    facts.to_string()
}

fn main() -> ExitCode {
    let asked = std::env::args().nth(1);
    if asked.as_deref() == Some("policy-worker") {
        return worker_main(|_| true);
    }
    let rounds: u32 = asked.map_or(20_000, |text| text.parse().unwrap());
    let program = std::env::current_exe().unwrap();
    let place = Place::Apart(Workers::new(program, vec!["policy-worker".into()]));
    for (own, findings) in [(0, 0), (1, 0), (10, 0), (0, 200)] {
        let files: BTreeMap<String, String> =
            (0..own).map(|number| (format!("care_{number}.rego"), rule(number))).collect();
        let environment: Environment = "production".parse().unwrap();
        let (bundle, _) = Bundle::read(files, std::slice::from_ref(&environment), &place).unwrap();
        let policy = Policy::of(&bundle, &place).unwrap();
        let facts = facts(findings);
        let digest = Digest::of(facts.as_bytes());
        let ask = || policy.decide_recorded(&environment, &facts, digest).unwrap();
        (0..WARM_UP).for_each(|_| drop(ask()));
        let mut took: Vec<Duration> = Vec::new();
        for _ in 0..rounds {
            let began = Instant::now();
            let judgement = ask();
            took.push(began.elapsed());
            drop(judgement);
        }
        took.sort();
        let at = |percent: usize| {
            took.get((took.len() * percent / 100).min(took.len() - 1)).unwrap().as_secs_f64() * 1e6
        };
        println!(
            "{{\"own_rules\": {own}, \"findings\": {findings}, \"rounds\": {rounds}, \"p50_us\": {:.1}, \"p99_us\": {:.1}}}",
            at(50),
            at(99)
        );
    }
    ExitCode::SUCCESS
}
