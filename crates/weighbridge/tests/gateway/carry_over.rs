//! Nothing is carried over to a new revision, unless policy says that this kind of difference may.

use std::time::Duration;

use http::StatusCode;
use weighbridge_domain::{Role, Tier};
use weighbridge_engine::{Ask, RecallError, RequestError};
use weighbridge_testkit::{FakeHub, TestApp};

use crate::request_evidence::approved;
use crate::requests::{here_whole, request, yes};
use crate::samples::safetensors;

const PATH: &str = "/api/models/acme/tiny";

/// A gateway whose production carries approvals over where only these files differ.
async fn carrying(patterns: &[&str]) -> (FakeHub, TestApp, String) {
    let hub = FakeHub::start().await;
    let words: Vec<String> = patterns.iter().map(|word| (*word).to_owned()).collect();
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |settings| {
        for known in &mut settings.environments {
            let policy = known.policy.clone();
            let policy = policy.with_parameter("approval-required", "carry_over", words.clone());
            known.policy = policy.unwrap();
        }
    })
    .await;
    app.add_source("hub", &hub.url(), Tier::Conditional).await;
    hub.repo("acme/tiny").licence("apache-2.0");
    hub.publish("acme/tiny", "README.md", "# Tiny");
    hub.publish("acme/tiny", "LICENSE.md", "Apache");
    hub.publish("acme/tiny", "model.safetensors", safetensors(9_000));
    app.advance(Duration::from_hours(24 * 30));
    let token = app.token("ci", "production", &[]).await;
    approved(&app, "acme/tiny").await;
    assert_eq!(app.get_as(&token, PATH).await.status, StatusCode::OK);
    (hub, app, token)
}

/// Upstream moves on; the first pull afterwards finds out. Answers what that pull says.
async fn found_out(app: &TestApp, token: &str) -> String {
    app.advance(Duration::from_hours(24 * 30));
    app.get_as(token, PATH).await.summary()
}

/// Waits, by the clock on the wall, until every file of the newest revision is here and examined.
async fn all_here(app: &TestApp) {
    let ask = Ask::parse("acme/tiny").unwrap();
    let (artifact, revision) = (&ask.artifact, &ask.revision);
    let here = async {
        while app
            .engine
            .show_revision(artifact, revision, None, 9)
            .await
            .unwrap()
            .unwrap()
            .count
            .missing
            > 0
        {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), here).await;
    waited.expect("every file is brought in, without anybody else asking for it");
}

/// What a pull says of a revision that is here whole, brought in by an environment that may have it.
async fn after_the_change(app: &TestApp, token: &str) -> String {
    found_out(app, token).await;
    let ask = Ask::parse("acme/tiny").unwrap();
    let shown = app.engine.show_revision(&ask.artifact, &ask.revision, None, 9).await;
    let shown = shown.unwrap().unwrap();
    for file in shown.files {
        let (commit, path) = (&shown.revision.commit, &file.file.path);
        let got = app.get(&format!("/acme/tiny/resolve/{commit}/{path}")).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.summary());
    }
    all_here(app).await;
    app.get_as(token, PATH).await.summary()
}

#[tokio::test]
async fn a_documentation_change_keeps_the_approval_where_policy_says_so_and_the_record_says_it() {
    let (hub, app, token) = carrying(&["readme.md", "*.md"]).await;
    let before = hub.repo("acme/tiny").head().to_string();
    hub.publish("acme/tiny", "README.md", "# Tiny, explained");
    // The weights are as upstream promised them before; the changed file has to be here all the same, and the
    // pull that is held for that brings it in.
    found_out(&app, &token).await;
    all_here(&app).await;
    let said = app.get_as(&token, PATH).await.summary();
    assert!(said.starts_with("200"), "{said}");
    let decided = app.engine.list_entries(0, 10_000).await.unwrap();
    let carried = decided
        .iter()
        .filter(|entry| entry.kind == "decision.made")
        .any(|entry| entry.body.contains(&format!("\"carried_over_from\":\"{before}\"")));
    assert!(carried, "the decision says whose approval it rests on");
    let why = "/api/v1/why?ref=acme/tiny&environment=production";
    let why = app.get_as(&token, why).await.json();
    let approvals = &why["decision"]["facts_document"]["approvals"];
    assert_eq!(approvals[0]["carried_over_from"], before.as_str(), "{why}");

    // The end of the approval is the end of what was carried over.
    app.advance(Duration::from_hours(24 * 200));
    assert!(app.get_as(&token, PATH).await.summary().contains("approval-required"));
}

#[tokio::test]
async fn other_differences_and_the_terms_need_an_approval_of_their_own() {
    for path in ["model.safetensors", "LICENSE.md", "new.txt"] {
        let (hub, app, token) = carrying(&["readme.md", "*.md"]).await;
        hub.publish("acme/tiny", path, safetensors(8_000));
        let said = after_the_change(&app, &token).await;
        assert!(said.contains("approval-required"), "{path}: {said}");
    }
    let (hub, app, token) = carrying(&[]).await;
    hub.publish("acme/tiny", "README.md", "# Tiny, explained");
    let said = after_the_change(&app, &token).await;
    assert!(said.contains("approval-required"), "nothing at first: {said}");
}

#[tokio::test]
async fn several_requests_are_answered_at_once_where_nothing_has_to_be_looked_at() {
    let (hub, app) = crate::gateway().await;
    let dana = app.person("dana", Role::Developer, "dev");
    let mut ids = Vec::new();
    for (name, file, bytes) in [
        ("acme/one", "config.json", "{}".as_bytes()),
        ("acme/two", "config.json", b"{\"a\":1}"),
        ("acme/code", "train.py", b"import os\nos.system('id')\n"),
    ] {
        hub.publish(name, file, bytes);
        let made = app.engine.request_use(&dana, request(name)).await.unwrap();
        here_whole(&app, &made.row.id).await;
        ids.push(made.row.id);
    }
    ids.push("01JUNKNOWN".to_owned());
    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    let answered = app.engine.answer_requests(&sam, &ids, &yes()).await.unwrap();
    let counts: Vec<bool> = answered.iter().map(|(_, outcome)| outcome.is_ok()).collect();
    assert_eq!(counts, [true, true, false, false]);
    let findings = answered[2].1.as_ref().unwrap_err();
    assert!(matches!(findings, RequestError::NotTogether(_)), "{findings}");
    let unknown = answered[3].1.as_ref().unwrap_err();
    assert!(matches!(unknown, RequestError::NoSuchRequest(_)), "{unknown}");
    let again = app.engine.answer_requests(&sam, &ids[..1], &yes()).await.unwrap();
    assert!(matches!(again[0].1, Err(RequestError::Vote(_))), "one person, one answer");
    let none = app.engine.answer_requests(&sam, &[], &yes()).await.unwrap_err();
    assert!(matches!(none, RequestError::TooMany(_)), "{none}");
}

#[tokio::test]
async fn what_is_recalled_is_denied_whoever_approved_it() {
    let (_hub, app, token) = carrying(&[]).await;
    let ask = Ask::parse("acme/tiny").unwrap();
    let paths = ["model.safetensors".parse().unwrap()];
    let eve = app.person("eve", Role::Developer, "dev");
    let refused = app.engine.recall_files(&eve, &ask, &paths, "found bad").await.unwrap_err();
    assert!(matches!(refused, RecallError::OutOfReach(_)), "{refused}");
    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    let report = app.engine.recall_files(&sam, &ask, &paths, "found bad").await.unwrap();
    assert_eq!(report.recalled.len(), 1);
    let denied = app.get_as(&token, PATH).await;
    assert_ne!(denied.status, StatusCode::OK);
}
