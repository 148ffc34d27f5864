//! What others say: taken when a trusted key signed it about exactly these bytes, and refused with the reason.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use weighbridge_domain::{Digest, Environment, Grade, Mode, Role};
use weighbridge_engine::{Ask, ImportError, NewTrustedKey, TrustError};
use weighbridge_testkit::{FakeHub, Stranger, TestApp};

use crate::attestations::said;
use crate::gateway;

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
const SVR: &str = "https://in-toto.io/attestation/svr/v0.2";

pub(crate) fn key(name: &str, whose: &Stranger, predicate: &str, pattern: &str) -> NewTrustedKey {
    NewTrustedKey {
        name: name.to_owned(),
        pem: whose.pem(),
        predicates: vec![predicate.to_owned()],
        patterns: vec![pattern.parse().unwrap()],
        grade: Grade::Verified,
    }
}

/// A statement about these subjects.
pub(crate) fn statement(predicate_type: &str, subject: &Value) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": predicate_type,
        "predicate": {"verifier": {"id": "v", "policies": []}, "timeCreated": "t", "properties": []},
    })
}

fn file(name: &str, bytes: &[u8]) -> Value {
    json!({"name": name, "digest": {"sha256": Digest::of(bytes).to_string()}})
}

/// A revision that is here whole: `a.txt` is `1` and `b.txt` is `2`. Answers its manifest.
pub(crate) async fn whole(hub: &FakeHub, app: &TestApp) -> String {
    hub.publish_many("acme/tiny", [("a.txt", "1"), ("b.txt", "2")]);
    let token = app.token("reader", "dev", &[]).await;
    assert_eq!(app.get_as(&token, "/api/models/acme/tiny").await.status, StatusCode::OK);
    said(app, &token, "acme/tiny@main").await[0]["manifest"].as_str().unwrap().to_owned()
}

pub(crate) async fn give(
    app: &TestApp,
    text: String,
) -> Result<weighbridge_engine::Imported, ImportError> {
    let by = app.person("ci", Role::Developer, "dev");
    let Ask { artifact, revision } = Ask::parse("acme/tiny@main").unwrap();
    app.engine.import_attestation(&by, &artifact, &revision, text.into_bytes()).await
}

async fn refusal(app: &TestApp, text: String) -> String {
    give(app, text).await.unwrap_err().to_string()
}

#[tokio::test]
async fn an_envelope_is_about_these_bytes_or_refused() {
    let (hub, app) = gateway().await;
    let manifest = whole(&hub, &app).await;
    let stranger = Stranger::with_seed(1);
    let trusted = key("builder", &stranger, SVR, "acme/*");
    app.engine.add_trusted_key(&app.admin(), trusted).await.unwrap();
    let (a, b) = (file("a.txt", b"1"), file("./b.txt", b"2"));

    let by_manifest = json!([{"name": "x", "digest": {"sha256": manifest, "gitCommit": "00"}}]);
    for subject in [by_manifest, json!([a, b]), json!([b, file("more", b"3"), a])] {
        let taken = give(&app, stranger.sign(&statement(SVR, &subject))).await.unwrap();
        assert!(!taken.was_known && taken.row.grade == Grade::Verified);
        let again = give(&app, stranger.sign(&statement(SVR, &subject))).await.unwrap();
        assert!(again.was_known, "the same twice is one");
    }
    let commit = hub.publish("acme/other", "x.txt", "1");
    let renamed = json!([a, file("b.py", b"2")]);
    let swapped = json!([file("a.txt", b"2"), file("b.txt", b"1")]);
    let by_commit = json!([{"digest": {"gitCommit": commit.to_string(), "sha1": "00"}}]);
    for (subject, why) in [
        (json!([a]), "nor `b.txt` with its SHA-256"),
        (renamed, "nor `b.txt` with its SHA-256"),
        (swapped, "nor `a.txt` with its SHA-256"),
        (by_commit, "1 of its subjects have no SHA-256, and other digests name no bytes here"),
    ] {
        let refused = refusal(&app, stranger.sign(&statement(SVR, &subject))).await;
        assert!(refused.contains("it is about other bytes") && refused.contains(why), "{refused}");
    }
}

#[tokio::test]
async fn a_key_counts_for_what_it_is_trusted_for_and_nobody_else_does() {
    let (hub, app) = gateway().await;
    let manifest = whole(&hub, &app).await;
    let subject = json!([{"name": "x", "digest": {"sha256": manifest}}]);
    let (stranger, other) = (Stranger::with_seed(1), Stranger::with_seed(2));
    let signed = stranger.sign(&statement(SVR, &subject));
    let refused = refusal(&app, signed.clone()).await;
    assert!(refused.contains("no key that is trusted here signed it"), "{refused}");

    let admin = app.admin();
    for (predicate, pattern) in [(PROVENANCE, "acme/*"), (SVR, "other/*")] {
        let trusted = key("builder", &stranger, predicate, pattern);
        app.engine.add_trusted_key(&admin, trusted).await.unwrap();
        let refused = refusal(&app, signed.clone()).await;
        assert!(refused.contains("key `builder` signed it, and is not trusted for"), "{refused}");
        app.engine.remove_trusted_key(&admin, "builder").await.unwrap();
    }
    let trusted = key("builder", &stranger, "https://in-toto.io/*", "acme/*");
    app.engine.add_trusted_key(&admin, trusted.clone()).await.unwrap();
    let twice = app.engine.add_trusted_key(&admin, trusted).await.unwrap_err();
    assert!(matches!(twice, TrustError::Known(_)), "{twice}");
    let untrusted = refusal(&app, other.sign(&statement(SVR, &subject))).await;
    assert!(untrusted.contains("no key that is trusted here"), "{untrusted}");

    let mut broken = statement(SVR, &subject);
    broken["predicate"] = json!({"verifier": 1});
    let refused = refusal(&app, stranger.sign(&broken)).await;
    assert!(refused.contains("its predicate is broken"), "{refused}");
    assert!(refusal(&app, "{}".to_owned()).await.contains("it is no DSSE envelope"));
    let tampered = signed.replace("\"payload\":\"e", "\"payload\":\"f");
    assert!(refusal(&app, tampered).await.contains("no key that is trusted here"));

    let bundle =
        format!(r#"{{"mediaType":"m","verificationMaterial":{{}},"dsseEnvelope":{signed}}}"#);
    let taken = give(&app, bundle).await.unwrap();
    assert_eq!(taken.row.trusted_key.as_deref(), Some("builder"));
    assert!(give(&app, signed).await.unwrap().was_known, "in a bundle or not, it is the same");
    assert_eq!(app.engine.verify_ledger().await.unwrap().fault, None);
}

#[tokio::test]
async fn a_rule_that_asks_for_a_statement_is_content_while_its_key_is_trusted() {
    let hub = FakeHub::start().await;
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |settings| {
        let dev: Environment = "dev".parse().unwrap();
        for known in settings.environments.iter_mut().filter(|known| known.name == dev) {
            let policy = known.policy.clone().with_mode("attestation-required", Mode::Enforce);
            let policy = policy.unwrap().with_parameter(
                "attestation-required",
                "predicates",
                vec![PROVENANCE.to_owned()],
            );
            known.policy = policy.unwrap();
        }
    })
    .await;
    app.add_source("hub", &hub.url(), weighbridge_domain::Tier::Conditional).await;
    hub.publish_many("acme/tiny", [("a.txt", "1"), ("b.txt", "2")]);
    let token = app.token("ci", "dev", &[]).await;
    let pull = async || app.get_as(&token, "/api/models/acme/tiny").await;
    let held = pull().await;
    assert!(held.summary().contains("attestation-required"), "{}", held.summary());

    let stranger = Stranger::with_seed(1);
    let trusted = || key("builder", &stranger, PROVENANCE, "acme/*");
    app.engine.add_trusted_key(&app.admin(), trusted()).await.unwrap();
    let text =
        stranger.sign(&statement(PROVENANCE, &json!([file("a.txt", b"1"), file("b.txt", b"2")])));
    while matches!(give(&app, text.clone()).await, Err(ImportError::NotWhole)) {
        let dana = app.person("dana", Role::Developer, "dev");
        app.engine.request_use(&dana, crate::requests::request("acme/tiny@main")).await.ok();
        tokio::task::yield_now().await;
    }
    assert_eq!(pull().await.status, StatusCode::OK);
    let listed = said(&app, &token, "acme/tiny@main").await;
    let view = listed.iter().find(|view| view["predicate_type"] == PROVENANCE).unwrap();
    assert_eq!(view["grade"], "declared", "nobody here can read it");
    let envelope = format!("/api/v1/attestations/{}", view["digest"].as_str().unwrap());
    assert!(app.get_as(&token, &envelope).await.json()["payload"].is_string());

    app.engine.remove_trusted_key(&app.admin(), "builder").await.unwrap();
    assert!(pull().await.summary().contains("attestation-required"));
    app.engine.add_trusted_key(&app.admin(), trusted()).await.unwrap();
    assert_eq!(pull().await.status, StatusCode::OK);
    app.advance(Duration::from_secs(1));
}
