//! What is said about a revision, signed: made with the change it tells of, and read back as it was signed.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use weighbridge_domain::{Digest, Role};
use weighbridge_testkit::TestApp;

use crate::gateway;
use crate::requests::{here_whole, request, yes};
use crate::samples::safetensors;

const APPROVAL: &str = "https://weighbridge/approval/v1";
const REVIEW: &str = "https://weighbridge/review/v1";
const VSA: &str = "https://slsa.dev/verification_summary/v1";

/// What is said about a revision.
pub(crate) async fn said(app: &TestApp, token: &str, reference: &str) -> Vec<Value> {
    let path = format!("/api/v1/revision/attestations?ref={reference}&limit=500");
    let answer = app.get_as(token, &path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    answer.json()["items"].as_array().unwrap().clone()
}

fn text<'v>(view: &'v Value, field: &str) -> &'v str {
    view[field].as_str().unwrap_or_default()
}

fn kinds(views: &[Value]) -> Vec<&str> {
    views.iter().map(|view| text(view, "predicate_type").rsplit_once(['/']).unwrap().0).collect()
}

/// The statement in an envelope, after its name was held against its bytes.
async fn statement(app: &TestApp, token: &str, view: &Value) -> Value {
    let digest = text(view, "digest");
    let answer = app.get_as(token, &format!("/api/v1/attestations/{digest}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(Digest::of(&answer.body).to_string(), digest, "read as it was signed");
    let payload = weighbridge_testkit::decoded(answer.json()["payload"].as_str().unwrap());
    assert_eq!(Digest::of(&payload).to_string(), text(view, "statement"));
    serde_json::from_slice(&payload).unwrap()
}

#[tokio::test]
async fn what_was_seen_is_told_when_every_file_is_here_and_the_ledger_names_it() {
    let (hub, app) = gateway().await;
    hub.repo("acme/tiny").licence("apache-2.0");
    let weights = safetensors(200_000);
    let commit = hub.publish_many(
        "acme/tiny",
        [("model.safetensors", weights.as_slice()), ("config.json", b"{}")],
    );
    let token = app.token("ci", "dev", &[]).await;
    app.get_as(&token, "/api/models/acme/tiny").await;
    assert_eq!(said(&app, &token, "acme/tiny@main").await.len(), 0, "a file is missing");

    let path = format!("/acme/tiny/resolve/{commit}/model.safetensors");
    assert_eq!(app.get_as(&token, &path).await.status, StatusCode::OK);
    let views = said(&app, &token, "acme/tiny@main").await;
    let seen = ["svr", "licence", "test-result", "vulns"].map(|kind| {
        views
            .iter()
            .find(|view| text(view, "predicate_type").contains(&format!("/{kind}/")))
            .unwrap()
    });
    let grades = seen.map(|view| text(view, "grade"));
    assert_eq!(grades, ["verified", "declared", "verified", "verified"]);
    let [svr, licence, verdict, _] = seen;
    assert_eq!(licence["predicate"]["licences"][0]["name"], "apache-2.0");
    assert_eq!(verdict["predicate"]["result"], "PASSED");
    assert!(verdict["predicate"]["passedTests"].as_array().unwrap().len() > 20);

    let told = statement(&app, &token, svr).await;
    let subjects = told["subject"].as_array().unwrap();
    assert_eq!(subjects.len(), 3);
    assert_eq!(subjects[0]["name"], format!("pkg:huggingface/acme/tiny@{commit}"));
    assert_eq!(subjects[0]["digest"]["sha256"], svr["manifest"]);
    assert_eq!(subjects[0]["digest"]["gitCommit"], commit.to_string());
    assert_eq!(subjects[2]["name"], "model.safetensors");
    assert_eq!(subjects[2]["digest"]["sha256"], Digest::of(&weights).to_string());

    for view in &views {
        let position = view["entry"].as_u64().unwrap();
        let entry = app.engine.list_entries(position, 1).await.unwrap().remove(0);
        let body: Value = serde_json::from_str(&entry.body).unwrap();
        let named = body["attestations"].as_array().unwrap();
        assert!(named.contains(&view["digest"]), "{} names {}", entry.kind, view["digest"]);
    }
    let report = app.engine.verify_ledger().await.unwrap();
    assert_eq!(report.fault, None);

    // A second look at the same bytes by the same rules tells nothing new.
    app.get_as(&token, &path).await;
    assert_eq!(said(&app, &token, "acme/tiny@main").await, views);
}

#[tokio::test]
async fn reviews_the_approval_the_waiver_and_the_decision_stay_with_the_artifact() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "config.json", "{}");
    app.advance(Duration::from_hours(24 * 30));
    let token = app.token("ci", "production", &[]).await;
    let cleo = app.person("cleo", Role::ComplianceReviewer, "production");
    let waiver = weighbridge_engine::NewWaiver {
        rule: "licence-unknown".to_owned(),
        pattern: "acme/*".parse().unwrap(),
        environment: "production".parse().unwrap(),
        because: "its authors are asked".to_owned(),
        expires_at: app.engine.settings().clock.now().plus(Duration::from_hours(24)),
    };
    app.engine.grant_waiver(&cleo, waiver).await.unwrap();
    let dana = app.person("dana", Role::Developer, "dev");
    let made = app.engine.request_use(&dana, request("acme/tiny@main")).await.unwrap();
    here_whole(&app, &made.row.id).await;
    assert_eq!(app.get_as(&token, "/api/models/acme/tiny").await.status, StatusCode::FORBIDDEN);
    for (name, role) in [
        ("sam", Role::SecurityReviewer),
        ("cleo", Role::ComplianceReviewer),
        ("ann", Role::Approver),
    ] {
        let by = app.person(name, role, "production");
        app.engine.answer_request(&by, &made.row.id, yes()).await.unwrap();
    }
    assert_eq!(app.get_as(&token, "/api/models/acme/tiny").await.status, StatusCode::OK);

    let views = said(&app, &token, "acme/tiny@main").await;
    let of = |kind: &str| -> Vec<&Value> {
        views.iter().filter(|view| view["predicate_type"] == *kind).collect()
    };
    assert_eq!((of(REVIEW).len(), of(APPROVAL).len()), (2, 1), "{:?}", kinds(&views));
    let approval = &of(APPROVAL)[0]["predicate"];
    assert_eq!(approval["state"], "approved");
    assert_eq!(approval["answer"]["by"]["name"], "ann");
    assert_eq!(approval["request"]["askedBy"], "dana");
    assert_eq!(approval["request"]["justification"], "the summariser of the support team");
    let named = approval["evidence"].to_string();
    for review in of(REVIEW) {
        assert_eq!(review["predicate"]["answer"]["decision"], "yes");
        assert!(named.contains(text(review, "digest")), "the approval rests on the reviews");
    }
    let set_aside = of("https://weighbridge/waiver/v1");
    assert_eq!(set_aside.len(), 1);
    assert_eq!(set_aside[0]["predicate"]["rule"], "licence-unknown");

    let summaries: Vec<&Value> = of(VSA)
        .into_iter()
        .filter(|view| text(&view["predicate"], "resourceUri").contains("acme/tiny"))
        .filter(|view| view["predicate"].to_string().contains("/policy/production"))
        .collect();
    let last = &summaries.last().unwrap()["predicate"];
    assert_eq!(last["verificationResult"], "PASSED");
    assert_eq!(last["verifiedLevels"][0], "WEIGHBRIDGE_ALLOWED_PRODUCTION");
    assert!(last["https://weighbridge/verification_summary/v1/validUntil"].is_string());
    assert!(last["inputAttestations"].to_string().contains(text(of(APPROVAL)[0], "digest")));

    // When the waiver ends, the next decision says so in a summary of its own.
    app.advance(Duration::from_hours(25));
    assert_eq!(app.get_as(&token, "/api/models/acme/tiny").await.status, StatusCode::FORBIDDEN);
    let views = said(&app, &token, "acme/tiny@main").await;
    let last = views.iter().rfind(|view| view["predicate_type"] == VSA).unwrap();
    assert_eq!(last["predicate"]["verificationResult"], "FAILED");
    for view in &views {
        statement(&app, &token, view).await;
    }
    // One a line, each as a bundle.
    let lines = "/api/v1/revision/attestations/bundle?ref=acme/tiny@main&form=sigstore";
    let lines = app.get_as(&token, lines).await;
    let lines = std::str::from_utf8(&lines.body).unwrap();
    assert_eq!(lines.lines().count(), views.len());
    for line in lines.lines() {
        let bundle: Value = serde_json::from_str(line).unwrap();
        assert!(bundle["dsseEnvelope"]["payload"].is_string());
    }
}

#[tokio::test]
async fn a_list_of_files_longer_than_a_page_is_signed_and_read_whole() {
    let (hub, app) = gateway().await;
    let files: Vec<(String, String)> =
        (0..1_100).map(|number| (format!("part-{number:04}.txt"), number.to_string())).collect();
    hub.publish_many("acme/parts", files.iter().map(|(path, bytes)| (path.clone(), bytes)));
    let token = app.token("ci", "dev", &[]).await;
    assert_eq!(app.get_as(&token, "/api/models/acme/parts").await.status, StatusCode::OK);
    let views = said(&app, &token, "acme/parts@main").await;
    let told = statement(&app, &token, &views[0]).await;
    assert_eq!(told["subject"].as_array().unwrap().len(), 1_101);
    assert_eq!(told["subject"][1_100]["digest"]["sha256"], Digest::of(b"1099").to_string());
}

#[tokio::test]
async fn what_is_said_of_a_gated_artifact_is_for_those_who_may_know_of_it() {
    let (hub, app) = gateway().await;
    hub.publish("meta/gated", "words.txt", b"for some");
    hub.repo("meta/gated").gated().requires_token("hf_upstream");
    let (source, pattern) = ("hub".parse().unwrap(), "meta/*".parse().unwrap());
    app.engine.set_source_credential(&app.admin(), &source, pattern, "hf_upstream").await.unwrap();
    let alice = app.token("alice", "dev", &["meta/*"]).await;
    let bob = app.token("bob", "dev", &[]).await;
    assert_eq!(app.get_as(&alice, "/api/models/meta/gated").await.status, StatusCode::OK);
    let views = said(&app, &alice, "meta/gated@main").await;
    let one = format!("/api/v1/attestations/{}", text(&views[0], "digest"));
    for path in [
        "/api/v1/revision/attestations?ref=meta/gated@main",
        "/api/v1/revision/attestations/bundle?ref=meta/gated@main",
        &one,
    ] {
        assert_eq!(app.get_as(&alice, path).await.status, StatusCode::OK, "{path}");
        assert_eq!(app.get_as(&bob, path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(app.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn the_public_keys_are_where_anybody_finds_them() {
    let (_hub, app) = gateway().await;
    let keys = app.get("/.well-known/weighbridge/keys.json").await.json();
    let pem = app.get("/.well-known/weighbridge/attestations.pem").await;
    assert_eq!(keys["attestations"]["pem"].as_str().unwrap().as_bytes(), pem.body);
    assert_eq!(keys["attestations"]["algorithm"], "ECDSA P-256, SHA-256");
    assert!(keys["ledger"]["key"].as_str().unwrap().starts_with("weighbridge.test/log+"));
    let app = app.restarted().await;
    assert_eq!(app.get("/api/v1/keys").await.json(), keys, "the keys stay");
}
