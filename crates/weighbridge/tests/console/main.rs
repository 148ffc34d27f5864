//! The JSON API and the console, in front of a real engine.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may panic")]

mod accounts;
mod api;
mod break_glass;
mod copies;
mod door;
mod erasure;
mod exceptions;
mod ledger;
mod pages;
mod permissions;
mod policy;
mod policy_pages;
mod request_talk;
mod requests;
mod statements;
mod witness;

use weighbridge_testkit::{FakeHub, TestApp};

/// A pickle that calls `os.system("id")` when it is loaded.
const EVIL: &[u8] = b"\x80\x04cos\nsystem\nX\x02\x00\x00\x00id\x85R.";

/// A gateway where somebody has asked for a few things.
async fn weighed() -> (FakeHub, TestApp) {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/evil", "model.pkl", EVIL);
    hub.publish("acme/words", "words.txt", b"weighed");
    hub.publish("mystery/none", "none.txt", b"weighed too");
    let app = TestApp::in_front_of(&hub, env!("CARGO_BIN_EXE_weighbridge")).await;
    for name in ["acme/evil", "acme/words", "mystery/none"] {
        app.get(&format!("/api/models/{name}")).await;
    }
    app.get(&format!("/acme/evil/resolve/{commit}/model.pkl")).await;
    (hub, app)
}

/// The decision on `artifact` that holds in `environment`.
async fn decision_on(app: &TestApp, artifact: &str, environment: &str) -> String {
    let report = app.engine.show_artifact(&artifact.parse().unwrap()).await.unwrap().unwrap();
    let mut decisions = report.revisions.into_iter().flat_map(|revision| revision.decisions);
    let held = decisions.find(|row| row.decision.environment.as_str() == environment);
    held.unwrap().decision.id.to_string()
}
