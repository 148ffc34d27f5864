//! What is said about a revision, at a terminal: listed, copied, verified; and whose word is taken.

use weighbridge_testkit::{FakeHub, Stranger};

use super::desk::Desk;
use crate::assert_said;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_is_listed_copied_and_verified_without_a_server() {
    let hub = FakeHub::start().await;
    hub.publish("acme/words", "words.txt", b"weighed");
    let desk = Desk::new();
    desk.run(&["source", "add", "upstream", &hub.url(), "--tier", "1"]);
    let mut said = desk.run(&["attestation", "list", "acme/words@main"]);
    let server = desk.serve();
    let use_of = ["--for", "production", "--because", "spelling", "--data-class", "internal"];
    desk.run(&[&["request", "acme/words"], use_of.as_slice()].concat());
    assert!(desk.json(&["requests"])[0]["id"].is_string());
    while desk.json(&["requests"])[0]["missing_files"] != 0 {
        std::thread::yield_now();
    }
    drop(server);

    // What was told in one change stands in no order.
    let listed = desk.run(&["attestation", "list", "acme/words@main"]);
    let mut lines: Vec<&str> = listed.lines().collect();
    lines.sort_by_key(|line| line.split_once("https").map(|(_, what)| what));
    said += &(lines.join("\n") + "\n");
    let digests = desk.json(&["attestation", "list", "acme/words@main"]);
    let svr = digests[0]["digest"].as_str().unwrap();
    let statement = desk.json(&["attestation", "show", svr, "--statement"]);
    assert_eq!(statement["subject"][1]["name"], "words.txt");
    said += &desk.run(&["attestation", "show", &"0".repeat(64)]);
    said += &desk.run(&["attestation", "export", "acme/words@main", "copy"]);
    let key = desk.json(&["attestation", "key"]);
    desk.write("weighbridge.pem", key["attestations"]["pem"].as_str().unwrap());
    said += &desk.run(&["attestation", "verify", "copy", "--key", "weighbridge.pem"]);
    said += &desk.run(&["attestation", "verify", "copy"]);
    desk.write("stranger.pem", &Stranger::with_seed(1).pem());
    said += &desk.run(&["attestation", "verify", "copy", "--key", "stranger.pem"]);
    let manifest = desk.home().join("copy/manifest");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("words.txt", "words.py")).unwrap();
    said += &desk.run(&["attestation", "verify", "copy", "--key", "weighbridge.pem"]);
    assert_said!(said);
}

#[test]
fn whose_word_is_taken_is_said_once_and_taken_back() {
    let desk = Desk::new();
    desk.write("builder.pub", &Stranger::with_seed(1).pem());
    desk.write("no.pub", "no key");
    let add = |name, key| {
        let scope = ["--namespaces", "acme/*", "--for", "https://slsa.dev/provenance/v1"];
        desk.run(&[&["trust", "add", name, "--key", key], scope.as_slice()].concat())
    };
    let mut said = add("builder", "no.pub");
    said += &add("builder", "builder.pub");
    said += &add("again", "builder.pub");
    said += &desk.run_all(&[
        &["trust", "list"],
        &["trust", "remove", "builder"],
        &["trust", "remove", "builder"],
        &["trust", "list"],
    ]);
    assert_said!(said);
}
