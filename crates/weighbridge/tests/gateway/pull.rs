//! What a caller gets, and what it costs upstream.

use crate::gateway;
use crate::samples::{calling_os_system, safetensors};

#[tokio::test]
async fn a_clean_model_is_served_and_fetched_once() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "config.json", r#"{"model_type":"bert"}"#);
    let weights = safetensors(200_000);
    let commit = hub.publish("acme/tiny", "model.safetensors", &weights);

    let info = app.get("/api/models/acme/tiny").await;
    assert_eq!(info.summary(), "200");
    assert_eq!(info.json()["sha"], commit.as_str());

    for _ in 0..2 {
        let path = format!("/acme/tiny/resolve/{commit}/model.safetensors");
        let head = app.head(&path).await;
        assert_eq!(head.header("x-repo-commit"), commit.as_str());
        assert_eq!(head.header("content-length"), weights.len().to_string());
        let answer = app.get(&path).await;
        assert_eq!(answer.summary(), "200");
        assert!(answer.body == weights, "the bytes differ");
    }
    assert_eq!(hub.downloads_of("model.safetensors"), 1);
}

#[tokio::test]
async fn a_pickle_that_calls_os_system_is_never_served() {
    let (hub, app) = gateway().await;
    let commit = hub.publish("acme/bad", "pytorch_model.bin", calling_os_system());
    let path = format!("/acme/bad/resolve/{commit}/pytorch_model.bin");

    let first = app.get(&path).await;
    let second = app.get("/api/models/acme/bad").await;

    assert!(first.summary().contains("finding-dangerous"), "{}", first.summary());
    assert!(second.summary().contains("finding-dangerous"), "{}", second.summary());
    assert!(first.header("x-hf-warning").contains("/ui/decisions/"));
    assert_eq!(hub.downloads_of("pytorch_model.bin"), 1);
}
