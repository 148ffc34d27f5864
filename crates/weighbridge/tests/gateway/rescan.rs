//! New rules look again at what lies here: what they find worse is refused from then on, and told.

use http::StatusCode;
use serde_json::Value;
use weighbridge_domain::{Mode, Tier, Topic};
use weighbridge_engine::{EngineSettings, Limits, NewWebhook, Rescanned};
use weighbridge_testkit::{FakeHub, Receiver, TestApp};

use crate::attestations::said;
use crate::samples::{calling_os_system, gzip, safetensors};

/// Rules that look into no archive.
fn old_rules(settings: &mut EngineSettings) {
    "rules-1".clone_into(&mut settings.ruleset);
    settings.scan_limits = Limits { depth: 0, ..Limits::default() };
}

/// Rules that do.
fn new_rules(settings: &mut EngineSettings) {
    "rules-2".clone_into(&mut settings.ruleset);
    settings.scan_limits = Limits::default();
}

/// A gateway under the old rules, with an environment that minds nothing but danger.
async fn under_old_rules() -> (FakeHub, TestApp) {
    let hub = FakeHub::start().await;
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |settings| {
        old_rules(settings);
        for known in &mut settings.environments {
            let policy = known.policy.clone().with_mode("scan-unknown", Mode::Off).unwrap();
            known.policy = policy.with_mode("format-allowed", Mode::Off).unwrap();
        }
    })
    .await;
    app.add_source("hub", &hub.url(), Tier::Conditional).await;
    (hub, app)
}

async fn pull(hub: &FakeHub, app: &TestApp, name: &str, file: &str) -> String {
    let commit = hub.repo(name).head();
    app.get(&format!("/{name}/resolve/{commit}/{file}")).await.summary()
}

/// The bodies of the entries of a kind.
async fn entries(app: &TestApp, kind: &str) -> Vec<Value> {
    let entries = app.engine.list_entries(0, 1_000).await.unwrap();
    let found = entries.into_iter().filter(|entry| entry.kind == kind);
    found.map(|entry| serde_json::from_str(&entry.body).unwrap()).collect()
}

async fn status(app: &TestApp, watcher: &str) -> Value {
    let token = app.token(watcher, "dev", &[]).await;
    app.get_as(&token, "/api/v1/status").await.json()["rescan"].clone()
}

#[tokio::test]
async fn what_new_rules_find_dangerous_is_refused_and_told_wherever_it_lies() {
    let (hub, app) = under_old_rules().await;
    for name in ["acme/tiny", "other/tiny"] {
        hub.publish(name, "config.json", format!("{{\"name\":\"{name}\"}}"));
        hub.publish(name, "notes.gz", gzip(&calling_os_system()));
        for file in ["config.json", "notes.gz"] {
            assert_eq!(pull(&hub, &app, name, file).await, "200", "{name} {file}");
        }
    }
    let receiver = Receiver::start().await;
    let (name, topics) = ("pager".to_owned(), vec![Topic::Alarm]);
    let new = NewWebhook { name, url: receiver.url(), topics };
    app.engine.add_webhook(&app.admin(), new).await.unwrap();

    let app = app.restarted_with(new_rules).await;
    // What was said before holds until it is looked at again: nobody waits for the scanner.
    assert_eq!(pull(&hub, &app, "acme/tiny", "notes.gz").await, "200");
    let progress = status(&app, "one").await;
    assert_eq!((&progress["stale_files"], &progress["done_files"]), (&3.into(), &0.into()));
    assert_eq!(
        (&progress["stale_revisions"], &progress["ruleset"]),
        (&2.into(), &"rules-2".into())
    );

    let done = app.engine.rescan().await.unwrap();
    assert_eq!(done, Rescanned { files: 3, revisions: 2, worse: 1, better: 0 });
    for name in ["acme/tiny", "other/tiny"] {
        let refused = pull(&hub, &app, name, "notes.gz").await;
        assert!(refused.contains("os.system") || refused.contains("recalled"), "{refused}");
        // The decisions were taken before anybody asked.
        let found = app.engine.list_entries(0, 1_000).await.unwrap();
        let denied = found.iter().filter(|entry| entry.kind == "decision.made");
        let mut denied = denied.filter(|entry| {
            entry.body.contains(name) && entry.body.contains("\"outcome\":\"deny\"")
        });
        assert!(denied.any(|entry| entry.body.contains("finding-dangerous")), "{name}");
    }
    let told = entries(&app, "verdict.worsened").await;
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["before"], &told[0]["verdict"]), (&"unknown".into(), &"dangerous".into()));
    assert_eq!((&told[0]["path"], &told[0]["revisions"]), (&"notes.gz".into(), &2.into()));
    assert_eq!((&told[0]["custody"], &told[0]["ruleset"]), (&"recalled".into(), &"rules-2".into()));
    assert_eq!(told[0]["rules"], serde_json::json!(["WB-PICKLE-CALL"]));
    app.engine.tell_now().await.unwrap();
    assert_eq!(receiver.got()[0].json()["type"], "weighbridge.verdict.worsened");

    let token = app.token("ci", "dev", &[]).await;
    for name in ["acme/tiny", "other/tiny"] {
        let reference = format!("{name}@{}", hub.repo(name).head());
        let views = said(&app, &token, &reference).await;
        let results: Vec<_> =
            views.iter().filter_map(|view| view["predicate"]["result"].as_str()).collect();
        assert!(results.contains(&"FAILED") && results.contains(&"WARNED"), "{name}: {results:?}");
    }
    assert_eq!(status(&app, "two").await["stale_files"], 0);
    assert_eq!(app.engine.rescan().await.unwrap(), Rescanned::default());
    assert_eq!(app.engine.verify_ledger().await.unwrap().fault, None);
    let app = app.restarted().await;
    assert_eq!(app.engine.rescan().await.unwrap(), Rescanned::default());
    assert_ne!(pull(&hub, &app, "acme/tiny", "notes.gz").await, "200");
}

#[tokio::test]
async fn what_new_rules_find_better_is_served_and_nobody_is_woken() {
    let hub = FakeHub::start().await;
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), old_rules).await;
    app.add_source("hub", &hub.url(), Tier::Conditional).await;
    hub.publish("acme/tiny", "notes.json.gz", gzip(b"{\"only\": \"words\"}"));
    let held = pull(&hub, &app, "acme/tiny", "notes.json.gz").await;
    assert!(held.contains("scan-unknown"), "{held}");
    let app = app.restarted_with(new_rules).await;
    let done = app.engine.rescan().await.unwrap();
    assert_eq!((done.files, done.worse, done.better), (1, 0, 1));
    assert_eq!(pull(&hub, &app, "acme/tiny", "notes.json.gz").await, "200");
    let told = entries(&app, "files.rescanned").await;
    assert_eq!(told[0]["better"][0]["before"], "unknown");
    assert_eq!(told[0]["better"][0]["verdict"], "clean");
    assert!(entries(&app, "verdict.worsened").await.is_empty());
}

#[tokio::test]
async fn what_was_found_dangerous_stays_so_where_it_cannot_be_looked_at_again() {
    let hub = FakeHub::start().await;
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), new_rules).await;
    app.add_source("hub", &hub.url(), Tier::Conditional).await;
    hub.publish("acme/tiny", "notes.gz", gzip(&calling_os_system()));
    let refused = pull(&hub, &app, "acme/tiny", "notes.gz").await;
    assert!(refused.contains("finding-dangerous"), "{refused}");
    let app = app.restarted_with(old_rules).await;
    let done = app.engine.rescan().await.unwrap();
    assert_eq!((done.files, done.worse, done.better), (1, 0, 0));
    let refused = pull(&hub, &app, "acme/tiny", "notes.gz").await;
    assert!(refused.contains("finding-dangerous"), "{refused}");
}

/// Whatever was done before a stop is not done again, and whoever pulls first finds out first.
#[tokio::test]
async fn a_stop_in_between_loses_nothing_and_a_pull_finds_out_first() {
    let (hub, app) = under_old_rules().await;
    hub.publish("acme/tiny", "notes.gz", gzip(&calling_os_system()));
    for number in 0..5_usize {
        hub.publish("acme/tiny", &format!("{number}.safetensors"), safetensors(number + 1));
    }
    let files = ["notes.gz", "0.safetensors", "1.safetensors", "2.safetensors"];
    for file in files {
        assert_eq!(pull(&hub, &app, "acme/tiny", file).await, "200", "{file}");
    }
    let app = app.restarted_with(new_rules).await;
    // The same bytes come in under another name, and are looked at as always.
    hub.publish("other/tiny", "notes.gz", gzip(&calling_os_system()));
    assert_ne!(pull(&hub, &app, "other/tiny", "notes.gz").await, "200");
    let judged = entries(&app, "files.judged").await;
    let worse = judged.iter().filter_map(|body| body["files"][0]["worse_than"].as_str());
    assert_eq!(worse.collect::<Vec<_>>(), ["unknown"]);
    assert_ne!(pull(&hub, &app, "acme/tiny", "notes.gz").await, "200");

    let app = app.restarted().await;
    let before = status(&app, "three").await;
    let done = app.engine.rescan().await.unwrap();
    assert_eq!(Value::from(done.files), before["stale_files"]);
    assert_eq!((done.worse, status(&app, "four").await["stale_files"].clone()), (0, 0.into()));
    let status = app.get("/acme/tiny/resolve/main/0.safetensors").await.status;
    assert_ne!(status, StatusCode::OK, "a revision is denied whole");
}
