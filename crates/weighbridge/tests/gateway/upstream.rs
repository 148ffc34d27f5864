//! Upstream misbehaves; nothing unverified leaves, and "don't know" is never "does not exist".

use std::time::Duration;

use weighbridge_domain::Tier;
use weighbridge_testkit::{Fault, TestApp, What};

use crate::gateway;
use crate::samples::safetensors;

#[tokio::test]
async fn one_flipped_byte_is_refused_and_nothing_is_kept() {
    let (hub, app) = gateway().await;
    let commit = hub.publish("acme/tiny", "model.safetensors", safetensors(400_000));
    hub.fault(Fault::new(What::FlippedByte { at: 900_000 }).file("model.safetensors"));
    let path = format!("/acme/tiny/resolve/{commit}/model.safetensors");

    let first = app.get(&path).await;
    assert!(first.is_cut || first.status == 403, "{}", first.summary());
    let again = app.get(&path).await;
    assert!(again.is_cut || again.summary().contains("integrity-mismatch"), "{}", again.summary());
    let kept =
        |folder: &str| std::fs::read_dir(app.data().join("blobs").join(folder)).unwrap().count();
    assert_eq!((kept("partial"), kept("quarantine")), (0, 0));

    // The failure is told to those whom it cut off for a moment; a restart forgets it.
    hub.clear_faults();
    let app = app.restarted().await;
    assert_eq!(app.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_body_cut_in_the_middle_is_taken_up_where_it_broke() {
    let (hub, app) = gateway().await;
    let weights = safetensors(1_000_000);
    let commit = hub.publish("acme/tiny", "model.safetensors", &weights);
    hub.fault(Fault::new(What::CutAt { byte: 3_000_000 }).file("model.safetensors").once());
    let answer = app.get(&format!("/acme/tiny/resolve/{commit}/model.safetensors")).await;
    assert!(answer.body == weights, "{}", answer.summary());
    assert!(hub.bytes_sent("model.safetensors") <= weights.len() as u64 + 8);
}

#[tokio::test]
async fn what_is_cached_is_served_while_upstream_is_down_and_the_rest_is_not_called_missing() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "model.safetensors", safetensors(1_000));
    assert_eq!(app.get("/api/models/acme/tiny").await.status, 200);
    let pinned =
        app.get("/acme/tiny/resolve/main/model.safetensors").await.header("location").to_owned();
    assert_eq!(app.get(&pinned).await.status, 200);

    hub.go_down().await;
    app.advance(Duration::from_hours(1));
    let info = app.get("/api/models/acme/tiny").await;
    assert_eq!(info.status, 200, "{}", info.summary());
    assert_eq!(app.get(&pinned).await.status, 200);
    let unknown = app.get("/api/models/acme/never-seen").await;
    assert_eq!((unknown.status.as_u16(), unknown.header("x-error-code")), (502, ""));
}

#[tokio::test]
async fn a_branch_that_moves_never_mixes_two_commits() {
    let (hub, app) = gateway().await;
    let old = hub.publish("acme/tiny", "a.txt", "one");
    let head = app.head("/acme/tiny/resolve/main/a.txt").await;
    let pinned = head.header("location").to_owned();
    assert!(pinned.contains(old.as_str()), "{pinned}");
    hub.publish("acme/tiny", "a.txt", "two");
    app.advance(Duration::from_hours(1));
    assert_eq!(app.get(&pinned).await.body, "one");
    let moved = app.get("/acme/tiny/resolve/main/a.txt").await;
    assert_ne!(moved.header("location"), pinned);
    assert_eq!(app.get(moved.header("location")).await.body, "two");
}

#[tokio::test]
async fn the_file_list_is_whole_and_its_links_lead_back_here() {
    let (hub, app) = gateway().await;
    hub.settings(|settings| settings.page_size = 100);
    let files: Vec<(String, String)> =
        (0..1_250).map(|n| (format!("data/part-{n:05}.txt"), n.to_string())).collect();
    hub.publish_many("datasets/acme/many", files);
    let mut next = "/env/dev/api/datasets/acme/many/tree/main?recursive=true".to_owned();
    let (mut paths, mut pages) = (Vec::new(), 0);
    while !next.is_empty() {
        let answer = app.get(&next).await;
        assert_eq!(answer.status, 200, "{}", answer.summary());
        let entries = answer.json();
        let files = entries.as_array().unwrap().iter().filter(|entry| entry["type"] == "file");
        paths.extend(files.map(|entry| entry["path"].as_str().unwrap().to_owned()));
        pages += 1;
        next = match answer.header("link").strip_prefix("<http://gate.test/") {
            Some(link) => format!("/{}", link.split('>').next().unwrap()),
            None => String::new(),
        };
    }
    assert_eq!(pages, 2);
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 1_250);
}

#[tokio::test]
async fn equal_small_files_are_fetched_side_by_side() {
    let (hub, app) = gateway().await;
    let files = |n: u32| (0..n).map(|n| (format!("part-{n}.txt"), "the same in all of them"));
    hub.publish_many("acme/one", files(60));
    hub.publish_many("acme/two", files(61));
    let (one, two) = tokio::join!(app.get("/api/models/acme/one"), app.get("/api/models/acme/two"));
    assert_eq!((one.summary().as_str(), two.summary().as_str()), ("200", "200"));
}

#[tokio::test]
async fn thousands_of_small_files_are_examined_a_part_at_a_time() {
    let (hub, app) = gateway().await;
    let acts = "cos\nsystem\n(S'id'\ntR.";
    let mut files: Vec<(String, String)> =
        (0..2_100).map(|n| (format!("notes/{n:04}.txt"), format!("note {n}"))).collect();
    files.push(("config.json".to_owned(), r#"{"model_type": "bert"}"#.to_owned()));
    files.push(("zzz.txt".to_owned(), acts.to_owned()));
    hub.publish_many("acme/notes", files);
    // The last of them is examined too.
    let info = app.get("/api/models/acme/notes").await.summary();
    assert!(
        info.starts_with("403") && info.contains("`zzz.txt`: pickle calls os.system"),
        "{info}"
    );
}

#[tokio::test]
async fn a_configuration_of_megabytes_or_in_lfs_is_read_with_its_revision() {
    let (hub, app) = gateway().await;
    let large =
        serde_json::json!({ "weight_map": {}, "padding": "x".repeat(2_000_000) }).to_string();
    hub.publish("acme/large", "model.safetensors.index.json", &large);
    hub.settings(|settings| settings.lfs_threshold_bytes = 1_000);
    hub.publish("acme/lfs", "config.json", &large);
    for (name, path) in [("large", "model.safetensors.index.json"), ("lfs", "config.json")] {
        let info = app.get(&format!("/api/models/acme/{name}")).await;
        assert_eq!(info.summary(), "200", "{name}");
        let pinned = app.head(&format!("/acme/{name}/resolve/main/{path}")).await;
        let answer = app.get(pinned.header("location")).await;
        assert!(answer.body == large, "{name}: {}", answer.summary());
    }
}

#[tokio::test]
async fn small_files_that_came_whole_are_not_fetched_again_when_another_did_not() {
    let (hub, app) = gateway().await;
    let files = ["a.txt", "b.txt", "z.txt"].map(|path| (path, path.repeat(10)));
    hub.publish_many("acme/tiny", files);
    hub.fault(Fault::new(What::SlowFirstByte { ms: 100 }).file("z.txt"));
    hub.fault(Fault::new(What::Status(503)).file("z.txt"));
    assert_eq!(app.get("/api/models/acme/tiny").await.status, 502);
    hub.clear_faults();
    assert_eq!(app.get("/api/models/acme/tiny").await.status, 200);
    assert_eq!((hub.downloads_of("a.txt"), hub.downloads_of("b.txt")), (1, 1));
}

#[tokio::test]
async fn an_upstream_that_says_nothing_does_not_keep_what_is_here_from_clients() {
    let hub = weighbridge_testkit::FakeHub::start().await;
    let worker = env!("CARGO_BIN_EXE_weighbridge");
    let app = TestApp::new(worker, |settings| settings.hold = Duration::from_secs(1)).await;
    app.add_source("hub", &hub.url(), Tier::Conditional).await;
    hub.publish("acme/tiny", "config.json", "{}");
    let path = "/acme/tiny/resolve/main/config.json";
    while app.head(path).await.status == 429 {}
    hub.hang();
    app.advance(Duration::from_hours(1));
    let answer = app.head(path).await;
    assert_eq!(answer.status, 307, "{}", answer.summary());
}
