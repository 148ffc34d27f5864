//! Names that are meant to be mistaken for others, at the gate: somebody has to look before they are used.

use std::time::Duration;

use weighbridge_testkit::TestApp;

use crate::gateway;
use crate::request_evidence::approved;

/// What an environment that takes findings seriously says.
async fn staging(app: &TestApp, token: &str, name: &str) -> String {
    app.get_as(token, &format!("/api/models/{name}")).await.summary()
}

#[tokio::test]
async fn a_publisher_that_reads_like_a_known_or_an_approved_one_is_held_for_a_person() {
    let (hub, app) = gateway().await;
    let names =
        ["acme/tiny", "acne/tiny", "acne/other", "acme/other", "0penai/whisper", "openai/whisper"];
    for name in names {
        hub.repo(name).licence("apache-2.0");
        hub.publish(name, "config.json", "{}");
    }
    app.advance(Duration::from_hours(24 * 30));
    approved(&app, "acme/tiny").await;
    let token = app.token("ci", "staging", &[]).await;
    for (name, like) in [("acne/tiny", "acme"), ("0penai/whisper", "openai")] {
        let said = staging(&app, &token, name).await;
        assert!(said.contains(&format!("is not `{like}`")), "{name}: {said}");
    }
    for name in ["acme/tiny", "acme/other", "acne/other", "openai/whisper"] {
        let said = staging(&app, &token, name).await;
        assert!(!said.contains("is not `"), "{name}: {said}");
    }
}
