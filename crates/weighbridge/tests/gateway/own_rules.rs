//! Rules of the house's own run in processes of their own: one that takes everything stops what it judges, and
//! nothing else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use http::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use weighbridge_domain::{Outcome, Role};
use weighbridge_engine::{
    Ask, ChangePolicyError, Explanation, NewPolicy, PolicySource, Replay, SimulationReport,
};
use weighbridge_testkit::{FakeHub, TestApp};

use crate::gateway;

/// What is done about one artifact only: made-up facts are about another one, so that the door takes it.
fn rule(body: &str) -> PolicySource {
    let text = format!(
        "package weighbridge.own.odd\n\nimport rego.v1\n\nrule := {{\"title\": \"t\", \"why\": \"w\", \
         \"effect\": \"deny\", \"contact\": \"admin\", \"modes\": {{\"dev\": \"enforce\", \"staging\": \"off\"}}}}\n\n\
         twice(text) := concat(\"\", [text, text])\n\n\
         grow(text) := twice(twice(twice(twice(twice(twice(twice(twice(twice(text)))))))))\n\n\
         digits := [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]\n\n\
         objections contains {{\"message\": \"m\"}} if {{\n\tinput.facts.artifact.name == \"acme/slow\"\n\t{body}\n}}\n"
    );
    PolicySource::Files(BTreeMap::from([("odd.rego".to_owned(), text)]))
}

/// More than 256 MiB.
const GROWS: &str = "count(grow(grow(grow(\"more\")))) == 0";
/// More than two seconds.
const LASTS: &str = "some a in digits\n\tsome b in digits\n\tsome c in digits\n\tsome d in digits\n\t\
                     some e in digits\n\tsome f in digits\n\tsome g in digits\n\ta * b * c * d * e * f * g == 0";
/// Reasonable.
const OBJECTS: &str = "input.facts.schema == 1";

async fn proposed(
    app: &TestApp,
    source: PolicySource,
) -> Result<(u64, SimulationReport), ChangePolicyError> {
    let root = app.person("root", Role::Admin, "dev");
    let new = NewPolicy { source, because: "to see".to_owned(), days: 7 };
    let (row, report) = app.engine.propose_policy(&root, new, |_| {}).await?;
    Ok((row.proposal.number, report))
}

async fn activated(app: &TestApp, source: PolicySource) -> SimulationReport {
    let (number, report) = proposed(app, source).await.unwrap();
    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    app.engine.confirm_policy(&sam, number).await.unwrap();
    report
}

/// A gateway with two artifacts, the addresses of a file of each.
async fn two() -> (FakeHub, TestApp, String, String) {
    let (hub, app) = gateway().await;
    let file = |name: &str| {
        let commit = hub.publish(name, "words.txt", b"weighed");
        format!("/{name}/resolve/{commit}/words.txt")
    };
    let (slow, other) = (file("acme/slow"), file("acme/other"));
    app.advance(Duration::from_hours(24 * 30));
    (hub, app, slow, other)
}

/// What was decided about a file's revision, and what comes out when that is made again.
async fn replayed(app: &TestApp, path: &str) -> (Outcome, Replay) {
    let (name, rest) = path.trim_start_matches('/').split_once("/resolve/").unwrap();
    let ask = Ask::parse(&format!("{name}@{}", rest.split('/').next().unwrap())).unwrap();
    let explained = app.engine.explain(&ask, &"dev".parse().unwrap()).await.unwrap();
    let Explanation::Decided(report) = explained else { panic!("{explained:?}") };
    let replay = app.engine.replay_decision(&report).await.unwrap();
    (report.decision.decision.outcome, replay)
}

/// The processes that have a word among their arguments.
fn running(word: &str) -> Vec<Pid> {
    let names = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name());
    let ids = names.filter_map(|name| Pid::from_raw(name.to_str()?.parse().ok()?));
    let words = |id: &Pid| fs::read_to_string(format!("/proc/{}/cmdline", id.as_raw_nonzero()));
    ids.filter(|id| words(id).is_ok_and(|words| words.contains(word))).collect()
}

#[tokio::test]
async fn a_rule_that_grows_without_end_denies_and_is_named_and_others_are_served() {
    let (_hub, app, slow, other) = two().await;
    activated(&app, rule(GROWS)).await;
    let denied = app.get(&slow).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    let said = denied.summary();
    assert!(said.contains("own-odd") && said.contains("more memory than 256 MiB"), "{said}");
    assert_eq!(app.get(&other).await.status, StatusCode::OK);

    // It can be made again, and ends the same way; and another policy can take its place.
    let (outcome, replay) = replayed(&app, &slow).await;
    assert_eq!(outcome, Outcome::Deny);
    let why = "rule `own-odd` needed more memory than 256 MiB".to_owned();
    assert_eq!(replay, Replay::Failed { why });
    activated(&app, PolicySource::Version(1)).await;
    assert_eq!(app.get(&slow).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_simulation_counts_what_has_no_answer_and_names_the_rule() {
    let (_hub, app, slow, other) = two().await;
    for path in [&slow, &other] {
        assert_eq!(app.get(path).await.status, StatusCode::OK);
    }
    let (_, report) = proposed(&app, rule(GROWS)).await.unwrap();
    assert_eq!((report.total().failed, report.total().newly_denied), (1, 1));
    let named = report.artifacts.first().unwrap();
    assert_eq!(named.rules, ["own-odd"]);
    assert_eq!(named.message, "rule `own-odd` needed more memory than 256 MiB");
}

#[tokio::test]
async fn a_policy_that_is_cut_off_again_and_again_is_not_proposed() {
    let (hub, app) = gateway().await;
    for number in 0..12 {
        let name = format!("acme/slow-{number}");
        let commit = hub.publish(&name, "words.txt", b"weighed");
        app.get(&format!("/{name}/resolve/{commit}/words.txt")).await;
    }
    let PolicySource::Files(mut files) = rule(GROWS) else { panic!() };
    for text in files.values_mut() {
        let each = "startswith(input.facts.artifact.name, \"acme/slow\")";
        *text = text.replace("input.facts.artifact.name == \"acme/slow\"", each);
    }
    let error = proposed(&app, PolicySource::Files(files)).await.unwrap_err();
    assert_eq!(error.to_string(), "rule `own-odd` needed more memory than 256 MiB");
    assert!(app.engine.list_policies(None, 9).await.unwrap().len() == 1);
}

#[tokio::test]
async fn a_proposal_that_grows_without_end_when_it_is_read_is_refused_with_its_file() {
    let (_hub, app, ..) = two().await;
    let PolicySource::Files(mut files) = rule(GROWS) else { panic!() };
    for text in files.values_mut() {
        *text = text.replace("\"title\": \"t\"", "\"title\": grow(grow(grow(\"more\")))");
    }
    let error = proposed(&app, PolicySource::Files(files)).await.unwrap_err().to_string();
    assert!(error.contains("odd.rego: error: it needed more memory than 256 MiB"), "{error}");
}

/// One thread does everything here: whoever waits on it keeps everybody waiting.
#[tokio::test]
async fn while_a_rule_runs_others_are_served() {
    let (_hub, app, slow, other) = two().await;
    activated(&app, rule(LASTS)).await;
    assert_eq!(app.get(&other).await.status, StatusCode::OK);
    let slow = async {
        let answer = app.get(&slow).await;
        (answer, std::time::Instant::now())
    };
    let others = async {
        for _ in 0..20 {
            assert_eq!(app.get(&other).await.status, StatusCode::OK);
            tokio::task::yield_now().await;
        }
        std::time::Instant::now()
    };
    let ((denied, ended), served) = tokio::join!(slow, others);
    assert!(
        denied.summary().contains("`own-odd` was cut off after 2000 ms"),
        "{}",
        denied.summary()
    );
    assert!(served < ended, "they waited");
}

#[tokio::test]
async fn a_worker_that_is_killed_between_two_decisions_is_replaced() {
    let (_hub, app, slow, other) = two().await;
    let mark = format!("between-{}", std::process::id());
    let marked = OsString::from(&mark);
    let app = app.restarted_with(|settings| settings.policy_worker.1.push(marked)).await;
    activated(&app, rule(OBJECTS)).await;
    let denied = app.get(&slow).await.summary();
    assert!(denied.contains("own-odd"), "{denied}");
    for _ in 0..2 {
        let workers = running(&mark);
        assert!(!workers.is_empty(), "nobody was asked");
        for worker in workers {
            kill_process(worker, Signal::KILL).unwrap();
        }
        assert_eq!(replayed(&app, &slow).await, (Outcome::Deny, Replay::Same));
    }
    assert_eq!(app.get(&other).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_worker_decisions_with_own_rules_deny_and_the_rest_goes_on() {
    let (hub, app, slow, other) = two().await;
    let now = app.engine.settings().clock.now();
    hub.repo("acme/other").info("lastModified", now.to_string());
    activated(&app, rule(OBJECTS)).await;
    // Twice: what was fetched for the first is a fact for the second.
    for _ in 0..2 {
        assert_eq!(app.get(&other).await.status, StatusCode::OK);
    }
    let broken = ("/bin/false".into(), Vec::new());
    let app = app.restarted_with(|settings| settings.policy_worker = broken).await;
    assert_eq!(app.get(&other).await.status, StatusCode::OK, "what was decided holds");
    app.advance(Duration::from_hours(30));
    assert_eq!(app.get(&other).await.status, StatusCode::OK, "it is older, and nothing else");
    assert_eq!(replayed(&app, &other).await.0, Outcome::Allow);
    let denied = app.get(&slow).await.summary();
    assert!(denied.contains("could not be asked: the policy worker ended"), "{denied}");
    let token = app.token("ci", "staging", &[]).await;
    let elsewhere = app.get_as(&token, &slow).await;
    assert!(!elsewhere.summary().contains("could not be asked"), "{}", elsewhere.summary());
}
