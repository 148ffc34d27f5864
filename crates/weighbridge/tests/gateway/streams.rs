//! Files that are streamed while they come in: whose verdict counts, and that no byte is swapped under
//! a caller who has read it.

use http::Method;
use weighbridge_testkit::{Fault, What};

use crate::gateway;
use crate::samples::safetensors;

#[tokio::test]
async fn bytes_a_caller_has_are_never_replaced_by_others() {
    let (hub, app) = gateway().await;
    let weights = safetensors(1_000_000);
    let commit = hub.publish("acme/tiny", "model.safetensors", &weights);
    let file = |what| Fault::new(what).file("model.safetensors");
    hub.fault(file(What::FlippedByte { at: 500_000 }).once());
    hub.fault(file(What::CutAt { byte: 3_000_000 }).once());
    hub.fault(file(What::IgnoresRange));
    let path = format!("/acme/tiny/resolve/{commit}/model.safetensors");

    let first = app.get(&path).await;
    assert!(first.is_cut || first.status != 200 || first.body == weights, "wrong bytes were given");
    let app = app.restarted().await;
    let second = app.get(&path).await;
    assert!(second.body == weights, "{}", second.summary());
}

#[tokio::test]
async fn a_partial_file_that_a_crash_has_damaged_reaches_nobody_whole() {
    let (hub, app) = gateway().await;
    let weights = safetensors(1_000_000);
    let commit = hub.publish("acme/tiny", "model.safetensors", &weights);
    let digest = hub.digest_of("acme/tiny", "model.safetensors");
    let mut damaged = weights[..3_000_000].to_vec();
    damaged[2_000_000] ^= 1;
    let partial = app.data().join(format!("blobs/partial/sha256-{digest}"));
    std::fs::write(partial, damaged).unwrap();
    let path = format!("/acme/tiny/resolve/{commit}/model.safetensors");

    let first = app.get(&path).await;
    assert!(first.is_cut || first.status != 200 || first.body == weights, "wrong bytes were given");
    let second = app.get(&path).await;
    assert!(second.body == weights, "{}", second.summary());
}

#[tokio::test]
async fn a_part_of_a_file_waits_for_the_verdict_on_the_whole() {
    let (hub, app) = gateway().await;
    let weights = safetensors(1_000_000);
    let commit = hub.publish("acme/tiny", "model.safetensors", &weights);
    hub.settings(|settings| settings.rate_mib = Some(8.0));
    hub.fault(Fault::new(What::FlippedByte { at: 50_000 }).file("model.safetensors"));
    let path = format!("/acme/tiny/resolve/{commit}/model.safetensors");

    let part = app.send(Method::GET, &path, &[("range", "bytes=0-99999")]).await;
    assert!(part.summary().contains("integrity-mismatch"), "{}", part.summary());
    hub.clear_faults();
    // The failure is told for a moment to those whom it cut off; a restart forgets it.
    let app = app.restarted().await;
    let part = app.send(Method::GET, &path, &[("range", "bytes=0-99999")]).await;
    assert_eq!(part.status, 206);
    assert!(part.body == weights[..100_000], "the part differs");
}

#[tokio::test]
async fn one_transfer_serves_two_repositories_whole() {
    let (hub, app) = gateway().await;
    let weights = safetensors(1_000_000);
    let one = hub.publish("acme/one", "model.safetensors", &weights);
    let two = hub.publish("acme/two", "model.safetensors", &weights);
    for name in ["one", "two"] {
        assert_eq!(app.get(&format!("/api/models/acme/{name}")).await.status, 200);
    }
    hub.settings(|settings| settings.rate_mib = Some(8.0));
    let one = format!("/acme/one/resolve/{one}/model.safetensors");
    let two = format!("/acme/two/resolve/{two}/model.safetensors");

    let (one, two) = tokio::join!(app.get(&one), app.get(&two));
    assert!(one.body == weights, "{}", one.summary());
    assert!(two.body == weights && !two.is_cut, "{}", two.summary());
    assert_eq!(hub.downloads_of("model.safetensors"), 1);
}

#[tokio::test]
async fn bytes_judged_under_one_name_are_not_streamed_under_another() {
    let (hub, app) = gateway().await;
    hub.settings(|settings| settings.lfs_threshold_bytes = 1_000_000);
    // As a text these bytes are harmless; as a `.pth` file Python runs them.
    let text = "import os; os.system('id')\n".repeat(150_000);
    let notes = hub.publish("acme/notes", "notes.txt", &text);
    let hook = hub.publish("acme/hook", "hook.pth", &text);
    for name in ["notes", "hook"] {
        assert_eq!(app.get(&format!("/api/models/acme/{name}")).await.status, 200);
    }
    hub.settings(|settings| settings.rate_mib = Some(4.0));
    let notes = format!("/acme/notes/resolve/{notes}/notes.txt");
    let hook = format!("/acme/hook/resolve/{hook}/hook.pth");

    let joining = async {
        while hub.downloads_of("notes.txt") == 0 {
            tokio::task::yield_now().await;
        }
        app.get(&hook).await
    };
    let (notes, hook) = tokio::join!(app.get(&notes), joining);
    assert!(notes.body == text, "{}", notes.summary());
    assert!(hook.summary().contains("finding-dangerous"), "{}", hook.summary());
    assert!(!hook.body.starts_with(b"import"), "bytes left that were judged as a text");
}

#[tokio::test]
async fn a_bad_name_in_one_repository_takes_no_file_from_another() {
    let (hub, app) = gateway().await;
    let text = "import os; os.system('id')\n";
    let hook = hub.publish("evil/hook", "hook.pth", text);
    let notes = hub.publish("acme/notes", "notes.txt", text);
    for _ in 0..2 {
        let hook = app.get(&format!("/evil/hook/resolve/{hook}/hook.pth")).await;
        assert!(hook.summary().contains("finding-dangerous"), "{}", hook.summary());
        let notes = app.get(&format!("/acme/notes/resolve/{notes}/notes.txt")).await;
        assert_eq!((notes.status.as_u16(), notes.body.as_ref()), (200, text.as_bytes()));
    }
}

#[tokio::test]
async fn a_download_that_breaks_off_is_on_record_too() {
    let (hub, app) = gateway().await;
    let commit = hub.publish("acme/tiny", "model.safetensors", safetensors(3_000_000));
    let path = format!("/acme/tiny/resolve/{commit}/model.safetensors");
    assert_eq!(app.get(&path).await.status, 200);
    let piece = app.get_a_piece(&path).await as u64;
    // The next one waits for the record, and with it for the one before.
    assert_eq!(app.get(&path).await.status, 200);

    let downloads = app.engine.list_downloads(None, None, 10).await.unwrap();
    let lengths: Vec<u64> = downloads.iter().map(|row| row.download.length_bytes).collect();
    assert_eq!(lengths.len(), 3, "{lengths:?}");
    assert!(lengths.contains(&piece) && piece < lengths[0].max(lengths[1]), "{lengths:?}");
}
