//! What is approved and here is served while everything around the gateway is down.

use std::time::Duration;

use http::{Method, StatusCode};
use weighbridge_domain::Role;
use weighbridge_engine::NewWebhook;
use weighbridge_testkit::{Answer, Receiver, TestApp};

use crate::gateway;
use crate::requests::{here_whole, request, yes};
use crate::samples::safetensors;

async fn as_ci(app: &TestApp, token: &str, method: Method, path: &str, range: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("authorization", bearer.as_str())];
    if !range.is_empty() {
        headers.push(("range", range));
    }
    app.send(method, path, &headers).await
}

#[tokio::test]
async fn what_is_new_is_held_while_no_worker_starts_and_told_why() {
    let (hub, app) = gateway().await;
    let weights = hub.publish("acme/tiny", "model.safetensors", safetensors(2_000_000));
    let notes = hub.publish("acme/notes", "README.md", "# Notes\n");
    let broken = ("/no/such/program".into(), Vec::new());
    let app = app.restarted_with(|settings| settings.scan_worker = broken).await;
    let weights = format!("/acme/tiny/resolve/{weights}/model.safetensors");
    let notes = format!("/acme/notes/resolve/{notes}/README.md");
    for path in [&weights, &notes, &weights, &weights] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.summary());
        let told = answer.header("x-hf-warning");
        assert!(told.contains("is held") && told.contains("scanner-unavailable"), "{told}");
        assert!(!told.contains("/no/such"), "where things lie here is nobody's business: {told}");
    }

    let worker = (env!("CARGO_BIN_EXE_weighbridge").into(), vec!["scan-worker".into()]);
    let app = app.restarted_with(|settings| settings.scan_worker = worker).await;
    let served = app.get(&weights).await;
    assert_eq!(served.status, StatusCode::OK, "{}", served.summary());
    assert_eq!(hub.downloads_of("model.safetensors"), 1, "what was held was not fetched again");
}

#[tokio::test]
async fn an_upstream_that_says_nothing_keeps_nobody_waiting_for_what_is_known() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "README.md", "# Tiny\n");
    let info = "/api/models/acme/tiny/revision/main";
    assert_eq!(app.get(info).await.status, StatusCode::OK);
    let app = app
        .restarted_with(|settings| {
            settings.ref_freshness = Duration::ZERO;
            settings.hold = Duration::from_millis(50);
            settings.upstream.idle_timeout = Duration::from_mins(5);
            settings.upstream.metadata_timeout = Duration::from_mins(5);
        })
        .await;
    hub.hang();
    let answer = tokio::time::timeout(Duration::from_mins(1), app.get(info)).await;
    let answer = answer.expect("an answer before the upstream is given up");
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.summary());
}

/// Approves a revision in `production`, by everybody who has to.
async fn approve(app: &TestApp, reference: &str) {
    let dana = app.person("dana", Role::Developer, "dev");
    let id = app.engine.request_use(&dana, request(reference)).await.unwrap().row.id;
    here_whole(app, &id).await;
    let people = [
        ("sam", Role::SecurityReviewer),
        ("cleo", Role::ComplianceReviewer),
        ("ann", Role::Approver),
    ];
    for (name, role) in people {
        let by = app.person(name, role, "production");
        app.engine.answer_request(&by, &id, yes()).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_approved_and_here_is_served_while_everything_else_is_down() {
    let (hub, app) = gateway().await;
    hub.repo("acme/tiny").licence("apache-2.0");
    let weights = safetensors(300_000);
    let commit = hub.publish("acme/tiny", "model.safetensors", &weights);
    let receiver = Receiver::start().await;
    let new = NewWebhook { name: "chat".to_owned(), url: receiver.url(), topics: Vec::new() };
    app.engine.add_webhook(&app.admin(), new).await.unwrap();
    app.advance(Duration::from_hours(24 * 30));
    let token = app.token("ci", "production", &[]).await;
    let file = format!("/acme/tiny/resolve/{commit}/model.safetensors");
    assert_eq!(as_ci(&app, &token, Method::GET, &file, "").await.status, StatusCode::FORBIDDEN);
    approve(&app, "acme/tiny@main").await;

    // The upstream refuses connections, no worker starts, nobody takes messages; and the process is new, so
    // that nothing it had prepared helps.
    drop((hub, receiver));
    let broken = ("/bin/false".into(), Vec::new());
    let app = app.restarted_with(|settings| settings.scan_worker = broken).await;
    app.engine.tell_now().await.unwrap();
    for age in [Duration::ZERO, Duration::from_hours(2)] {
        app.advance(age);
        for path in [file.clone(), "/acme/tiny/resolve/main/model.safetensors".to_owned()] {
            let head = as_ci(&app, &token, Method::HEAD, &path, "").await;
            let is_here = head.status == StatusCode::OK
                || head.status == StatusCode::TEMPORARY_REDIRECT && path.contains("/main/");
            assert!(is_here, "{path}: {}", head.summary());
        }
        let whole = as_ci(&app, &token, Method::GET, &file, "").await;
        assert_eq!(whole.status, StatusCode::OK, "{}", whole.summary());
        assert!(whole.body == weights, "other bytes");
        let part = as_ci(&app, &token, Method::GET, &file, "bytes=1000-1999").await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{}", part.summary());
        assert!(part.body == weights[1000..2000], "other bytes");
        let info = format!("/api/models/acme/tiny/revision/{commit}");
        let info = as_ci(&app, &token, Method::GET, &info, "").await;
        assert_eq!(info.status, StatusCode::OK, "{}", info.summary());
    }
    let waiting = app.engine.list_webhooks().await.unwrap().remove(0).waiting;
    assert!(waiting > 0, "messages wait, and nobody waits for them");
}
