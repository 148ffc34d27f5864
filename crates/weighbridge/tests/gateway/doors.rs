//! One policy at every door: every route, every spelling of a name or a revision.

use http::Method;
use weighbridge_domain::Tier;

use crate::gateway;
use crate::samples::safetensors;

#[tokio::test]
async fn a_prohibited_repository_is_refused_at_every_door_and_never_asked_for() {
    let (hub, app) = gateway().await;
    let commit = hub.publish("evil/model", "model.safetensors", safetensors(4));
    let source = "hub".parse().unwrap();
    let pattern = "evil/*".parse().unwrap();
    app.engine.set_source_pattern(&app.admin(), &source, pattern, Tier::Prohibited).await.unwrap();
    let short = &commit.as_str()[..8];
    for path in [
        "/api/models/evil/model".to_owned(),
        "/api/models/Evil/Model".to_owned(),
        "/api/models/evil/model/revision/main".to_owned(),
        format!("/api/models/evil/model/revision/{short}"),
        "/api/models/evil/model/tree/main?recursive=true".to_owned(),
        "/api/models/evil/model/refs".to_owned(),
        "/api/models/evil/model/commits/main".to_owned(),
        "/api/models/evil/model/auth-check".to_owned(),
        "/evil/model/resolve/main/model.safetensors".to_owned(),
        "/evil/model/resolve/refs%2Fheads%2Fmain/model.safetensors".to_owned(),
        format!("/evil/model/resolve/{commit}/model.safetensors"),
        "/evil/model/raw/main/model.safetensors".to_owned(),
        "/env/dev/evil/model/resolve/main/model.safetensors".to_owned(),
        "/api/models/evil/model/xet-read-token/main".to_owned(),
        "/evil/model.git/info/lfs/objects/batch".to_owned(),
    ] {
        let answer = app.get(&path).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.summary());
        assert!(answer.summary().contains("source-prohibited"), "{path}: {}", answer.summary());
        assert!(answer.header("x-hf-warning").contains("/ui/"), "{path}");
    }
    let head = app.head("/evil/model/resolve/main/model.safetensors").await;
    assert_eq!(head.status, 403);
    let paths = app.send(Method::POST, "/api/models/evil/model/paths-info/main", &[]).await;
    assert_eq!(paths.status, 403);
    assert!(hub.requests().is_empty(), "upstream was asked: {:?}", hub.requests());
}

#[tokio::test]
async fn an_alias_meets_the_policy_of_the_canonical_name() {
    let (hub, app) = gateway().await;
    hub.publish("acme/new-name", "config.json", "{}");
    hub.repo("acme/new-name").renamed_from("acme/old-name");
    assert_eq!(app.get("/api/models/acme/old-name").await.json()["id"], "acme/new-name");

    let (source, pattern) = ("hub".parse().unwrap(), "acme/new-*".parse().unwrap());
    app.engine.set_source_pattern(&app.admin(), &source, pattern, Tier::Prohibited).await.unwrap();
    for name in ["acme/old-name", "acme/new-name", "ACME/Old-Name"] {
        let answer = app.get(&format!("/api/models/{name}")).await;
        assert!(answer.summary().contains("source-prohibited"), "{name}: {}", answer.summary());
    }
}

#[tokio::test]
async fn a_reserved_name_never_falls_through_to_a_source() {
    let (hub, app) = gateway().await;
    hub.publish("ours/secret-model", "config.json", "{}");
    let pattern = "ours/*".parse().unwrap();
    app.engine.reserve_name(&app.admin(), pattern, "our own models").await.unwrap();
    let answer = app.get("/api/models/ours/secret-model").await;
    assert!(answer.summary().contains("name-reserved"), "{}", answer.summary());
    assert!(hub.requests().is_empty());
}

#[tokio::test]
async fn the_first_source_that_says_yes_keeps_the_name() {
    let (first, app) = gateway().await;
    let second = weighbridge_testkit::FakeHub::start().await;
    app.add_source("second", &second.url(), Tier::Conditional).await;
    second.publish("acme/model", "config.json", r#"{"from":"second"}"#);
    let commit = second.repo("acme/model").head();
    assert_eq!(app.get("/api/models/acme/model").await.json()["sha"], commit.as_str());

    // The same name appears at the first source later: the name stays where it was found.
    first.publish("acme/model", "config.json", r#"{"from":"first"}"#);
    app.advance(std::time::Duration::from_secs(3600));
    assert_eq!(app.get("/api/models/acme/model").await.json()["sha"], commit.as_str());
}

#[tokio::test]
async fn a_source_that_does_not_answer_is_no_reason_to_ask_the_next() {
    let (first, app) = gateway().await;
    let second = weighbridge_testkit::FakeHub::start().await;
    app.add_source("second", &second.url(), Tier::Conditional).await;
    second.publish("acme/model", "config.json", "{}");
    first.go_down().await;
    let answer = app.get("/api/models/acme/model").await;
    assert_eq!(answer.status, 502, "{}", answer.summary());
    assert_eq!(answer.header("x-error-code"), "");
    assert!(second.requests().is_empty());
}

#[tokio::test]
async fn nothing_of_xet_and_no_upstream_address_reaches_a_client() {
    let (hub, app) = gateway().await;
    hub.settings(|settings| settings.xet = true);
    let commit = hub.publish("acme/tiny", "model.safetensors", safetensors(500_000));
    let mut seen = String::new();
    for path in [
        "/api/models/acme/tiny?blobs=true".to_owned(),
        "/api/models/acme/tiny/tree/main?recursive=true&expand=true".to_owned(),
        format!("/acme/tiny/resolve/{commit}/model.safetensors"),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = app.send(method, &path, &[]).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.summary());
            seen.push_str(&format!("{:?}", answer.headers));
            if path.starts_with("/api") {
                seen.push_str(&String::from_utf8_lossy(&answer.body));
            }
        }
    }
    let seen = seen.to_lowercase();
    for trace in ["xet", &hub.url(), &hub.cdn_url(), "127.0.0."] {
        assert!(!seen.contains(trace), "`{trace}` reached a client: {seen}");
    }
}
