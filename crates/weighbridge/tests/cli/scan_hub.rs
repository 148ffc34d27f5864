//! Repositories of a Hub are scanned by their address: fetched, compared with what was promised, and gone afterwards.

use rustix::process::{Pid, Signal, kill_process};
use weighbridge_domain::Digest;
use weighbridge_testkit::{FakeHub, Synthetic};

use super::desk::Desk;

/// What a scan of an address says as JSON, and its exit code.
fn told(desk: &Desk, arguments: &[&str], hub: &FakeHub) -> (serde_json::Value, i32, String) {
    let mut command = desk.command(arguments);
    command.args(["--format", "json"]).env("HF_ENDPOINT", hub.url()).env("TMPDIR", desk.home());
    let output = command.output().unwrap();
    let document = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (document, output.status.code().unwrap(), said)
}

fn paths(document: &serde_json::Value) -> Vec<(&str, &str)> {
    let files = document["files"].as_array().unwrap().iter();
    files.map(|file| (file["path"].as_str().unwrap(), file["verdict"].as_str().unwrap())).collect()
}

fn leaves_something(desk: &Desk) -> bool {
    let left = std::fs::read_dir(desk.home()).unwrap().filter_map(Result::ok);
    let mut left = left.map(|entry| entry.file_name().to_string_lossy().into_owned());
    left.any(|name| name.starts_with("weighbridge-scan-"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_scanned_by_its_address() {
    let hub = FakeHub::start().await;
    hub.publish("acme/tiny", "config.json", "{\"model_type\": \"bert\"}");
    let commit = hub.publish("acme/tiny", "deep/weights.pkl", b"cos\ngetpid\n(tR.");
    let desk = Desk::new();
    let (document, code, _) = told(&desk, &["scan", "hf://acme/tiny"], &hub);
    assert_eq!((document["verdict"].as_str(), code), (Some("dangerous"), 1));
    let root = format!("hf://acme/tiny@{commit}");
    let (config, weights) = (format!("{root}/config.json"), format!("{root}/deep/weights.pkl"));
    assert_eq!(paths(&document), [(config.as_str(), "clean"), (weights.as_str(), "dangerous")]);
    let at_commit = format!("hf://acme/tiny@{commit}");
    assert_eq!(told(&desk, &["scan", &at_commit], &hub).0, document);
    assert!(!desk.data().exists(), "no instance was made for it");
    assert!(!leaves_something(&desk));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_fetched_whole_is_an_error_in_words() {
    let hub = FakeHub::start().await;
    hub.publish("acme/tiny", "words.txt", vec![b'a'; 4096]);
    let desk = Desk::new();
    for (arguments, expected) in [
        (vec!["scan", "hf://acme/nowhere"], "does not give `acme/nowhere`"),
        (vec!["scan", "hf://acme/tiny@none"], "does not give `acme/tiny`"),
        (vec!["scan", "hf://a/b/c"], "is not a repository id"),
        (vec!["scan", "hf://acme/tiny", "--max-gib", "0"], "it has 4096 bytes, and 0 are allowed"),
        (vec!["scan", "hf://acme/tiny", "--endpoint", "nowhere"], "is no address of a Hub"),
    ] {
        let (_, code, said) = told(&desk, &arguments, &hub);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_on_the_disk_is_not_begun() {
    let hub = FakeHub::start().await;
    let vast = Synthetic::new(1 << 50, 1).claiming(Digest::of(b"vast"));
    hub.publish_synthetic("acme/vast", "model.safetensors", vast);
    let desk = Desk::new();
    let arguments = ["scan", "hf://acme/vast", "--max-gib", "2000000"];
    let (_, code, said) = told(&desk, &arguments, &hub);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("and there is room for") && said.contains("TMPDIR"), "{said}");
    assert_eq!(hub.downloads_of("model.safetensors"), 0);
    assert!(!leaves_something(&desk));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_leaves_nothing_behind() {
    let hub = FakeHub::start().await;
    hub.publish_synthetic("acme/large", "model.safetensors", Synthetic::new(32 << 20, 1));
    hub.settings(|settings| settings.rate_mib = Some(1.0));
    let desk = Desk::new();
    let mut command = desk.command(&["scan", "hf://acme/large"]);
    command.env("HF_ENDPOINT", hub.url()).env("TMPDIR", desk.home());
    let mut scan = command.spawn().unwrap();
    while hub.bytes_sent("model.safetensors") == 0 {
        tokio::task::yield_now().await;
    }
    assert!(leaves_something(&desk));
    kill_process(Pid::from_child(&scan), Signal::INT).unwrap();
    assert_eq!(scan.wait().unwrap().code(), Some(130));
    assert!(!leaves_something(&desk));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_reads_like_a_known_one_is_told() {
    let hub = FakeHub::start().await;
    for name in ["0penai/whisper-tiny", "openai/whisper-tiny", "acme/whisper-tiny"] {
        hub.publish(name, "config.json", "{\"model_type\": \"whisper\"}");
    }
    let desk = Desk::new();
    let (document, code, _) = told(&desk, &["scan", "hf://0penai/whisper-tiny"], &hub);
    assert_eq!((document["verdict"].as_str(), code), (Some("review"), 1));
    let finding = &document["files"][0]["findings"][0];
    assert_eq!(finding["rule"], "WB-REPO-NAME");
    assert!(finding["message"].as_str().unwrap().contains("is not `openai`"), "{finding}");
    for name in ["hf://openai/whisper-tiny", "hf://acme/whisper-tiny"] {
        assert_eq!(told(&desk, &["scan", name], &hub).1, 0, "{name}");
    }
}
