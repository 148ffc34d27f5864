//! Gated and private repositories, tokens and environments.

use weighbridge_testkit::{Fault, What};

use crate::gateway;
use crate::samples::safetensors;

#[tokio::test]
async fn a_cached_gated_file_is_given_to_those_entitled_and_to_nobody_else() {
    let (hub, app) = gateway().await;
    let commit = hub.publish("meta/gated", "model.safetensors", safetensors(100_000));
    hub.repo("meta/gated").gated().requires_token("hf_upstream");
    let (source, pattern) = ("hub".parse().unwrap(), "meta/*".parse().unwrap());
    app.engine.set_source_credential(&app.admin(), &source, pattern, "hf_upstream").await.unwrap();
    let entitled = app.token("alice", "dev", &["meta/*"]).await;
    let other = app.token("bob", "dev", &[]).await;
    let path = format!("/meta/gated/resolve/{commit}/model.safetensors");

    assert_eq!(app.get_as(&entitled, &path).await.status, 200);
    let refused = app.get_as(&other, &path).await;
    assert_eq!(refused.header("x-error-code"), "GatedRepo");
    assert!(refused.summary().contains("not-entitled"), "{}", refused.summary());
    assert_eq!(app.get(&path).await.status, 403);
    assert_eq!(hub.tokens_seen(), ["hf_upstream"]);
}

#[tokio::test]
async fn who_can_name_gated_bytes_does_not_have_them() {
    let (hub, app) = gateway().await;
    let files = [("model.safetensors", safetensors(100_000)), ("notes.txt", b"for us".to_vec())];
    hub.repo("meta/gated").gated().requires_token("hf_upstream");
    let (source, pattern) = ("hub".parse().unwrap(), "meta/*".parse().unwrap());
    app.engine.set_source_credential(&app.admin(), &source, pattern, "hf_upstream").await.unwrap();
    let entitled = app.token("alice", "dev", &["meta/*"]).await;
    for (name, bytes) in &files {
        hub.publish("meta/gated", name, bytes);
        let path = format!("/meta/gated/resolve/{}/{name}", hub.repo("meta/gated").head());
        assert_eq!(app.get_as(&entitled, &path).await.status, 200, "{name}");
    }

    for (at, (name, bytes)) in files.iter().enumerate() {
        let thief = format!("evil/thief-{at}");
        let commit = hub.publish(&thief, name, bytes);
        // It promises their hashes and cannot show the bytes.
        hub.fault(Fault::new(What::FlippedByte { at: 1 }).of(&thief));
        let path = format!("/{thief}/resolve/{commit}/{name}");
        let refused = app.get(&path).await;
        assert!(!refused.status.is_success(), "{name}: {}", refused.summary());
        assert!(refused.summary().contains("integrity-mismatch"), "{}", refused.summary());
        hub.clear_faults();
        assert_eq!(app.get(&path).await.status, 200, "{name}: it has the bytes itself");
    }
}

#[tokio::test]
async fn production_takes_nobody_without_a_token_and_holds_what_has_no_approval() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "config.json", "{}");
    let anonymous = app.get("/env/production/api/models/acme/tiny").await;
    assert_eq!(anonymous.status, 401);
    assert!(anonymous.header("x-hf-warning").contains("needs a token"));

    let token = app.token("ci", "production", &[]).await;
    let held = app.get_as(&token, "/api/models/acme/tiny").await;
    assert!(held.summary().contains("approval-required"), "{}", held.summary());
    let other = app.get_as(&token, "/env/dev/api/models/acme/tiny").await;
    assert_eq!(other.status, 403, "{}", other.summary());
    assert_eq!(app.get_as("hf_unknown", "/api/models/acme/tiny").await.status, 401);
}

#[tokio::test]
async fn what_was_downloaded_and_is_denied_now_fails_warm_caches_too() {
    let (hub, app) = gateway().await;
    let commit = hub.publish("acme/tiny", "model.safetensors", safetensors(10_000));
    let path = format!("/acme/tiny/resolve/{commit}/model.safetensors");
    assert_eq!(app.get(&path).await.status, 200);
    let (source, pattern) = ("hub".parse().unwrap(), "acme/*".parse().unwrap());
    let tier = weighbridge_domain::Tier::Prohibited;
    app.engine.set_source_pattern(&app.admin(), &source, pattern, tier).await.unwrap();
    for path in ["/api/models/acme/tiny", &path] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-error-code"), "RevisionNotFound", "{}", answer.summary());
        assert!(answer.header("x-hf-warning").contains("source-prohibited"));
    }
}

#[tokio::test]
async fn a_repository_that_becomes_gated_is_closed_to_those_without_a_grant() {
    let (hub, app) = gateway().await;
    let commit = hub.publish("meta/opened", "model.safetensors", safetensors(1_000));
    let path = format!("/meta/opened/resolve/{commit}/model.safetensors");
    assert_eq!(app.get(&path).await.status, 200);

    hub.repo("meta/opened").gated().requires_token("hf_upstream");
    let (source, pattern) = ("hub".parse().unwrap(), "meta/*".parse().unwrap());
    app.engine.set_source_credential(&app.admin(), &source, pattern, "hf_upstream").await.unwrap();
    let entitled = app.token("alice", "dev", &["meta/*"]).await;
    app.advance(std::time::Duration::from_hours(1));
    // Twice: the second answer is a prepared one.
    for _ in 0..2 {
        assert_eq!(app.get_as(&entitled, "/api/models/meta/opened").await.status, 200);
        assert_eq!(app.get_as(&entitled, &path).await.status, 200);
    }
    for path in ["/api/models/meta/opened", &path] {
        let refused = app.get(path).await;
        assert!(refused.summary().contains("not-entitled"), "{path}: {}", refused.summary());
    }
}
