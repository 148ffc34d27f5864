//! One policy at every door: every route, every spelling of a name or a revision.

use http::Method;
use weighbridge_domain::{Mode, Tier};
use weighbridge_testkit::{Fault, Route, TestApp, What};

use crate::gateway;
use crate::samples::{calling_os_system, safetensors};

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
async fn a_repository_that_was_renamed_after_it_was_pinned_obeys_its_new_name() {
    let (hub, app) = gateway().await;
    let commit = hub.publish("acme/before", "config.json", "{}");
    let by_commit = format!("/acme/before/resolve/{commit}/config.json");
    assert_eq!(app.get(&by_commit).await.status, 200);
    hub.repo("acme/before").renamed_to("acme/after");
    app.advance(std::time::Duration::from_hours(1));
    assert_eq!(app.get("/api/models/acme/before").await.json()["id"], "acme/after");
    assert_eq!(app.get(&by_commit).await.status, 200);

    let (source, pattern) = ("hub".parse().unwrap(), "acme/after".parse().unwrap());
    app.engine.set_source_pattern(&app.admin(), &source, pattern, Tier::Prohibited).await.unwrap();
    let refused = app.get(&by_commit).await;
    assert!(refused.summary().contains("source-prohibited"), "{}", refused.summary());
}

#[tokio::test]
async fn a_repository_that_gets_its_old_name_back_is_itself_again() {
    let (hub, app) = gateway().await;
    hub.publish("acme/first", "config.json", "{}");
    for (from, to) in [("acme/first", "acme/second"), ("acme/second", "acme/first")] {
        assert_eq!(app.get(&format!("/api/models/{from}")).await.json()["id"], from);
        hub.repo(from).renamed_to(to);
        app.advance(std::time::Duration::from_hours(1));
        for name in [from, to] {
            assert_eq!(app.get(&format!("/api/models/{name}")).await.json()["id"], to, "{name}");
        }
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
    app.advance(std::time::Duration::from_hours(1));
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
            for (name, value) in &answer.headers {
                seen.push_str(name.as_str());
                seen.push_str(&String::from_utf8_lossy(value.as_bytes()));
            }
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

#[tokio::test]
async fn an_alias_takes_no_name_from_the_source_before_and_none_from_us() {
    let (first, app) = gateway().await;
    let second = weighbridge_testkit::FakeHub::start().await;
    app.add_source("second", &second.url(), Tier::Conditional).await;
    let ours = first.publish("acme/model", "config.json", r#"{"from":"first"}"#);
    for (name, alias) in [("acme/model", "evil/one"), ("ours/model", "evil/two")] {
        second.publish(name, "config.json", r#"{"from":"second"}"#);
        second.repo(name).renamed_from(alias);
    }
    let pattern = "ours/*".parse().unwrap();
    app.engine.reserve_name(&app.admin(), pattern, "our own models").await.unwrap();

    let stolen = app.get("/api/models/evil/one").await;
    assert_eq!(stolen.header("x-error-code"), "RepoNotFound", "{}", stolen.summary());
    assert_eq!(app.get("/api/models/acme/model").await.json()["sha"], ours.as_str());
    let reserved = app.get("/api/models/evil/two").await;
    assert!(reserved.summary().contains("name-reserved"), "{}", reserved.summary());
}

#[tokio::test]
async fn what_is_prohibited_while_it_is_looked_at_is_refused() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "config.json", "{}");
    hub.fault(Fault::new(What::SlowFirstByte { ms: 300 }).on(Route::Tree));
    let (source, pattern) = ("hub".parse().unwrap(), "acme/*".parse().unwrap());
    let prohibit = async {
        while !hub.requests().iter().any(|request| request.path.contains("/tree/")) {
            tokio::task::yield_now().await;
        }
        let (admin, tier) = (app.admin(), Tier::Prohibited);
        app.engine.set_source_pattern(&admin, &source, pattern, tier).await.unwrap();
    };
    let (answer, ()) = tokio::join!(app.get("/api/models/acme/tiny"), prohibit);
    assert!(answer.summary().contains("source-prohibited"), "{}", answer.summary());
}

#[tokio::test]
async fn a_search_tells_each_name_once_and_none_that_is_ours() {
    let (first, app) = gateway().await;
    let second = weighbridge_testkit::FakeHub::start().await;
    app.add_source("second", &second.url(), Tier::Conditional).await;
    for hub in [&first, &second] {
        hub.publish("acme/bert", "config.json", "{}");
        hub.publish("ours/bert", "config.json", "{}");
    }
    let pattern = "ours/*".parse().unwrap();
    app.engine.reserve_name(&app.admin(), pattern, "our own models").await.unwrap();
    let found = app.get("/api/models?search=bert").await.json();
    let names: Vec<_> = found.as_array().unwrap().iter().map(|hit| hit["id"].clone()).collect();
    assert_eq!(names, ["acme/bert"]);
}

#[tokio::test]
async fn a_folder_hides_no_file_that_is_named_almost_like_it() {
    let (hub, app) = gateway().await;
    hub.publish_many("acme/tiny", [("data/a.txt", "1"), ("data0", "2"), ("data1/b.txt", "3")]);
    let listed = app.get("/api/models/acme/tiny/tree/main").await.json();
    let paths: Vec<_> = listed.as_array().unwrap().iter().map(|e| e["path"].clone()).collect();
    for path in ["data", "data0", "data1"] {
        assert!(paths.iter().any(|listed| listed == path), "{path} is missing: {paths:?}");
    }
}

#[tokio::test]
async fn rejected_bytes_stay_here_even_where_policy_does_not_mind() {
    let hub = weighbridge_testkit::FakeHub::start().await;
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |settings| {
        let dev = &mut settings.environments[0].policy;
        for rule in ["custody-bad", "finding-dangerous"] {
            *dev = dev.clone().with_mode(rule, Mode::Off).unwrap();
        }
    })
    .await;
    app.add_source("hub", &hub.url(), Tier::Conditional).await;
    let commit = hub.publish("acme/bad", "pytorch_model.bin", calling_os_system());
    let answer = app.get(&format!("/acme/bad/resolve/{commit}/pytorch_model.bin")).await;
    assert_eq!(answer.status, 403, "{}", answer.summary());
    assert!(answer.summary().contains("custody-bad"), "{}", answer.summary());
}
