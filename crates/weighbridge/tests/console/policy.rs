//! The policy through the API: proposed, tried out, confirmed by somebody else, in force at once, and taken
//! back the same way.

use serde_json::{Value, json};
use weighbridge_domain::{Confirmation, Mode, Role};
use weighbridge_testkit::{FakeHub, TestApp};

use crate::door::{Door, token_of};
use crate::weighed;

/// Objects to one publisher.
const NO_ACME: &str = r#"package weighbridge.own.no_acme

import rego.v1

rule := {
	"title": "it is by acme",
	"why": "They were bought.",
	"effect": "deny",
	"contact": "compliance-reviewer",
	"modes": {"dev": "enforce"},
}

objections contains {"message": "`acme` is not for us", "remedy": "take another one"} if {
	input.facts.artifact.publisher == "acme"
}
"#;

fn files() -> Value {
    json!({"rules/no_acme.rego": NO_ACME})
}

/// A file by its commit.
fn words(hub: &FakeHub) -> String {
    format!("/acme/words/resolve/{}/words.txt", hub.repo("acme/words").head())
}

async fn door(app: &TestApp, name: &str, role: Role) -> Door {
    Door::of(app, &token_of(app, name, role).await)
}

/// Proposes a policy and answers its number.
async fn proposed(door: &Door, body: &Value) -> u64 {
    let (status, answer) = door.send("POST", "/policy/versions", body.clone()).await;
    assert_eq!(status, 201, "{answer}");
    answer["version"]["version"].as_u64().unwrap()
}

#[tokio::test]
async fn a_policy_takes_two_people_and_decides_at_once() {
    let (hub, app) = weighed().await;
    let (root, sam) =
        (door(&app, "root", Role::Admin).await, door(&app, "sam", Role::SecurityReviewer).await);
    let words = &words(&hub);
    assert_eq!(app.get(words).await.status, 200);

    let number = proposed(&root, &json!({"files": files(), "because": "they were bought"})).await;
    assert_eq!(number, 2);
    assert_eq!(app.get(words).await.status, 200, "a proposal decides nothing");
    let path = format!("/policy/versions/{number}/confirmation");
    let (status, body) = root.send("POST", &path, Value::Null).await;
    assert_eq!((status.as_u16(), &body["code"]), (403, &json!("own-proposal")));
    let (status, body) = sam.send("POST", &path, Value::Null).await;
    assert_eq!((status.as_u16(), &body["state"]), (200, &json!("active")));

    // Whoever has it already is told so in the way that warm caches respect.
    let refused = app.get(words).await;
    assert_eq!(refused.status, 404);
    assert!(refused.summary().contains("`acme` is not for us"), "{}", refused.summary());
    let (status, body) = sam.send("POST", &path, Value::Null).await;
    assert_eq!((status.as_u16(), &body["code"]), (409, &json!("already-settled")));

    // Back the same way, by people who are not the same.
    let back = proposed(&sam, &json!({"version": 1, "because": "it was a mistake"})).await;
    let path = format!("/policy/versions/{back}/confirmation");
    assert_eq!(root.send("POST", &path, Value::Null).await.0, 200);
    assert_eq!(app.get(words).await.status, 200);

    let history = root.get("/policy/versions").await;
    let told: Vec<String> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {} {} {} {}",
                one["version"], one["state"], one["proposed_by"], one["settled_by"], one["because"]
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "3 \"active\" \"sam\" \"root\" \"it was a mistake\"",
            "2 \"superseded\" \"root\" \"sam\" \"they were bought\"",
            "1 \"superseded\" \"configuration\" \"configuration\" \"the configuration says so\"",
        ]
    );
    let entries = root.get("/audit/entries?limit=500").await.to_string();
    for kind in ["policy.proposed", "policy.activated"] {
        assert!(entries.contains(kind), "{kind}");
    }
}

#[tokio::test]
async fn a_decision_by_an_own_rule_is_replayed_after_the_policy_has_changed_again() {
    let (_hub, app) = weighed().await;
    let (root, sam) =
        (door(&app, "root", Role::Admin).await, door(&app, "sam", Role::SecurityReviewer).await);
    let number = proposed(&root, &json!({"files": files(), "because": "b"})).await;
    sam.send("POST", &format!("/policy/versions/{number}/confirmation"), Value::Null).await;
    assert_eq!(app.get("/api/models/acme/words").await.status, 403);
    let decision = crate::decision_on(&app, "acme/words", "dev").await;
    let back = proposed(&sam, &json!({"configuration": true, "because": "back"})).await;
    root.send("POST", &format!("/policy/versions/{back}/confirmation"), Value::Null).await;
    let replay = root.get(&format!("/decisions/{decision}/replay")).await;
    assert_eq!(replay["is_same"], true, "{replay}");
    assert_eq!(root.get("/policy").await["version"]["origin"], "configuration");
}

#[tokio::test]
async fn trying_a_policy_out_names_what_it_would_have_stopped_and_records_nothing() {
    let (hub, app) = weighed().await;
    let commit = hub.repo("acme/words").head();
    for name in ["ann", "bob"] {
        let token = app.token(name, "dev", &[]).await;
        app.get_as(&token, &format!("/acme/words/resolve/{commit}/words.txt")).await;
    }
    let root = door(&app, "root", Role::Admin).await;
    let before = root.get("/status").await["ledger"]["entries"].clone();
    let router =
        weighbridge_server::InProcess::new(weighbridge_server::router(app.engine.clone(), None));
    let token = token_of(&app, "sam", Role::SecurityReviewer).await;
    let body = json!({"files": files(), "days": 7}).to_string().into_bytes();
    let before = before.as_u64().unwrap() + 1;
    let answer =
        router.send("POST", "/api/v1/policy/simulations", &token, Some(body)).await.unwrap();
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0]["progress"]["total"].as_u64().unwrap() >= 3, "{text}");
    let report = &lines.last().unwrap()["report"];
    assert_eq!(report["total"]["newly_denied"], 1, "{report}");
    assert_eq!(report["total"]["pulls"], 2, "{report}");
    assert_eq!(report["people_count"], 2);
    assert_eq!(report["rules"][0], json!({"rule": "own-no-acme", "revisions": 1, "pulls": 2}));
    let named = &report["artifacts"][0];
    assert_eq!(
        (&named["artifact"], &named["was"], &named["becomes"]),
        (&json!("acme/words"), &json!("allow"), &json!("deny"))
    );
    assert_eq!(named["people"], json!([{"name": "ann", "pulls": 1}, {"name": "bob", "pulls": 1}]));
    // What is denied already is not counted as news, and nothing was written.
    assert_eq!(report["evaluated"].as_u64().unwrap(), report["unchanged"].as_u64().unwrap() + 1);
    assert_eq!(root.get("/status").await["ledger"]["entries"].as_u64().unwrap(), before);
}

#[tokio::test]
async fn what_cannot_be_used_is_told_with_file_and_line() {
    let (_hub, app) = weighed().await;
    let root = door(&app, "root", Role::Admin).await;
    let wrong = NO_ACME.replace("artifact.publisher", "artifact.author");
    let body = json!({"files": {"rules/no_acme.rego": wrong}, "because": "b"});
    let (status, answer) = root.send("POST", "/policy/versions", body).await;
    assert_eq!((status.as_u16(), &answer["code"]), (400, &json!("bad-policy")));
    let detail = answer["detail"].as_str().unwrap();
    assert!(
        detail.contains("rules/no_acme.rego:14: error: `input.facts.artifact` has no `author`"),
        "{detail}"
    );
    for body in [
        json!({"because": "b"}),
        json!({"files": files(), "version": 1, "because": "b"}),
        json!({"files": files(), "because": "  "}),
        json!({"files": files(), "because": "b", "days": 0}),
    ] {
        assert_eq!(root.send("POST", "/policy/versions", body.clone()).await.0, 400, "{body}");
    }
    let (status, answer) =
        root.send("POST", "/policy/versions", json!({"version": 1, "because": "b"})).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(root.send("DELETE", "/policy/versions/2", Value::Null).await.0, 200);
    assert_eq!(root.send("DELETE", "/policy/versions/2", Value::Null).await.0, 409);
    assert_eq!(root.send("DELETE", "/policy/versions/9", Value::Null).await.0, 404);
}

#[tokio::test]
async fn nobody_confirms_what_was_tried_out_against_another_policy() {
    let (_hub, app) = weighed().await;
    let (root, sam) =
        (door(&app, "root", Role::Admin).await, door(&app, "sam", Role::SecurityReviewer).await);
    let switches =
        json!({"policy.toml": "[environment.dev.rules.minimum-age]\nmode = \"enforce\"\n"});
    let one = proposed(&root, &json!({"files": files(), "because": "one"})).await;
    let two = proposed(&root, &json!({"files": switches, "because": "two"})).await;
    assert_eq!(
        sam.send("POST", &format!("/policy/versions/{one}/confirmation"), Value::Null).await.0,
        200
    );
    let (status, answer) =
        sam.send("POST", &format!("/policy/versions/{two}/confirmation"), Value::Null).await;
    assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("outdated-proposal")));
}

#[tokio::test]
async fn one_person_is_enough_only_where_the_configuration_says_so() {
    let hub = FakeHub::start().await;
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |settings| {
        settings.policy_confirmation = Confirmation::ByAnyone;
    })
    .await;
    drop(hub);
    let root = door(&app, "root", Role::Admin).await;
    let number = proposed(&root, &json!({"files": files(), "because": "b"})).await;
    let (status, _) =
        root.send("POST", &format!("/policy/versions/{number}/confirmation"), Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(root.get("/policy").await["one_person"], true);
    assert_eq!(root.get("/status").await["policy"]["one_person"], true);
    let entries = root.get("/audit/entries?limit=500").await.to_string();
    assert!(entries.contains("one_person") && entries.contains("policy.activated"), "{entries}");
}

/// The same gateway, started again with a configuration that takes a rule otherwise in every environment.
async fn restarted_with_mode(app: TestApp, rule: &str, mode: Mode) -> TestApp {
    app.restarted_with(|settings| {
        for known in &mut settings.environments {
            known.policy = known.policy.clone().with_mode(rule, mode).unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn the_active_policy_outlives_a_restart_and_overrules_the_configuration_loudly() {
    let (_hub, app) = weighed().await;
    let (root, sam) =
        (door(&app, "root", Role::Admin).await, door(&app, "sam", Role::SecurityReviewer).await);
    let number = proposed(&root, &json!({"files": files(), "because": "b"})).await;
    sam.send("POST", &format!("/policy/versions/{number}/confirmation"), Value::Null).await;
    let app = restarted_with_mode(app, "publisher-allowed", Mode::Enforce).await;
    let root = door(&app, "root2", Role::Admin).await;
    let shown = root.get("/policy").await;
    assert_eq!(
        (&shown["version"]["version"], &shown["overrules_configuration"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(root.get("/status").await["policy"]["overrules_configuration"], true);
    assert_eq!(
        app.get("/api/models/mystery/none").await.status,
        200,
        "the configuration is not asked"
    );
    // The configuration is put in charge again by two people, and says what it says now.
    let sam = door(&app, "sam2", Role::SecurityReviewer).await;
    let back = proposed(&root, &json!({"configuration": true, "because": "back"})).await;
    sam.send("POST", &format!("/policy/versions/{back}/confirmation"), Value::Null).await;
    assert_eq!(app.get("/api/models/mystery/none").await.status, 403);
}

#[tokio::test]
async fn a_changed_configuration_is_a_new_version_while_nobody_activated_anything() {
    let (_hub, app) = weighed().await;
    let app = restarted_with_mode(app, "licence-denied", Mode::Off).await;
    let root = door(&app, "root", Role::Admin).await;
    let shown = root.get("/policy").await;
    assert_eq!(
        (&shown["version"]["version"], &shown["version"]["origin"]),
        (&json!(2), &json!("configuration"))
    );
    let files = root.get("/policy/files").await;
    let text = files["files"]["policy.toml"].as_str().unwrap();
    assert!(text.contains("[environment.dev.rules.licence-denied]\nmode = \"off\""), "{text}");
}

#[tokio::test]
async fn a_waiver_reaches_an_own_rule_by_the_role_it_names() {
    let (hub, app) = weighed().await;
    let (root, sam) =
        (door(&app, "root", Role::Admin).await, door(&app, "sam", Role::SecurityReviewer).await);
    let number = proposed(&root, &json!({"files": files(), "because": "b"})).await;
    sam.send("POST", &format!("/policy/versions/{number}/confirmation"), Value::Null).await;
    let cleo = door(&app, "cleo", Role::ComplianceReviewer).await;
    let waiver = json!({"rule": "own-no-acme", "pattern": "acme/words", "environment": "dev",
        "because": "until it is replaced", "expires_at": "2026-06-20T00:00:00Z"});
    assert_eq!(sam.send("POST", "/waivers", waiver.clone()).await.0, 403);
    assert_eq!(cleo.send("POST", "/waivers", waiver).await.0, 201);
    assert_eq!(app.get(&words(&hub)).await.status, 200);
}

#[tokio::test]
async fn the_page_says_in_words_what_holds_and_is_searched() {
    let (_hub, app) = weighed().await;
    app.add_source("shady", "https://models.shady.example/x", weighbridge_domain::Tier::Prohibited)
        .await;
    let evil = "evil/*".parse().unwrap();
    let hub = "hub".parse().unwrap();
    app.engine
        .set_source_pattern(&app.admin(), &hub, evil, weighbridge_domain::Tier::Prohibited)
        .await
        .unwrap();
    let root = door(&app, "root", Role::Admin).await;
    let page = root.get("/policy/page?q=pickle").await.to_string();
    assert!(page.contains("format-allowed") && !page.contains("licence-denied"), "{page}");
    let reader = token_of(&app, "r", Role::Reader).await;
    let markdown = app.get_as(&reader, "/api/v1/policy/page?format=markdown").await;
    let markdown = String::from_utf8(markdown.body.to_vec()).unwrap();
    for part in [
        "# What may be used",
        "tier 3, prohibited",
        "## In production",
        "Whoever is approver can help",
    ] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
    assert!(!markdown.contains("shady.example"), "addresses are not for everybody");
    let html = app.get_as(&reader, "/api/v1/policy/page?format=html").await;
    assert!(String::from_utf8(html.body.to_vec()).unwrap().contains("<style>"));
    assert_eq!(app.get_as(&reader, "/api/v1/policy/block-list").await.status, 403);
    let auditor = token_of(&app, "a", Role::Auditor).await;
    let list = app.get_as(&auditor, "/api/v1/policy/block-list").await;
    let list = String::from_utf8(list.body.to_vec()).unwrap();
    let lines: Vec<&str> = list.lines().skip(1).collect();
    assert!(lines.contains(&"models.shady.example/x"), "{list}");
    assert!(lines.iter().any(|line| line.ends_with("/evil/*")), "{list}");

    let shown = app.get("/ui/policy?q=%3Cscript%3E").await;
    let shown = String::from_utf8(shown.body.to_vec()).unwrap();
    assert!(shown.contains("No rule has that in it") && !shown.contains("<script>"), "{shown}");
    let shown = String::from_utf8(app.get("/ui/policy").await.body.to_vec()).unwrap();
    assert!(
        shown.contains("The publisher is on the deny list") || shown.contains("source-prohibited"),
        "{shown}"
    );
    assert_ne!(app.get("/ui/policy/block-list.txt").await.status, 200);
}

/// A rule that never ends for some revisions: the door cannot know, the decision says no and names it.
#[tokio::test]
async fn a_rule_that_runs_away_denies_and_is_named_to_the_client() {
    let (hub, app) = weighed().await;
    let (root, sam) =
        (door(&app, "root", Role::Admin).await, door(&app, "sam", Role::SecurityReviewer).await);
    let endless = NO_ACME.replace("no_acme", "endless").replace(
        "\tinput.facts.artifact.publisher == \"acme\"\n",
        "\tinput.facts.artifact.publisher == \"mystery\"\n\tdigits := [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n\
         \tsome a in digits\n\tsome b in digits\n\tsome c in digits\n\tsome d in digits\n\tsome e in digits\n\
         \tsome f in digits\n\tsome g in digits\n\ta * b * c * d * e * f * g == 0\n",
    );
    let body = json!({"files": {"endless.rego": endless}, "because": "b"});
    let (status, answer) = root.send("POST", "/policy/versions", body).await;
    assert_eq!(status, 201, "{answer}");
    // Trying it out shows it: what passes today could not be decided.
    assert_eq!(answer["simulation"]["total"]["failed"], 1, "{answer}");
    sam.send("POST", "/policy/versions/2/confirmation", Value::Null).await;
    assert_eq!(app.get(&words(&hub)).await.status, 200);
    let path = format!("/mystery/none/resolve/{}/none.txt", hub.repo("mystery/none").head());
    let refused = app.get(&path).await;
    assert_eq!(refused.status, 403);
    let said = refused.summary();
    assert!(said.contains("own-endless") && said.contains("was cut off after"), "{said}");
}
