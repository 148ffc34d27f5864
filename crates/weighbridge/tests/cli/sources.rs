//! Sources, patterns, credentials and reserved names.

use super::desk::Desk;
use crate::assert_said;

#[test]
fn sources_are_added_trusted_ordered_and_removed() {
    let desk = Desk::new();
    let said = desk.run_all(&[
        &["source", "list"],
        &["source", "add", "inner", "https://hub.acme.example", "--tier", "1"],
        &["source", "add", "outer", "https://hub.example/", "--tier", "conditional"],
        &["source", "add", "first", "http://127.0.0.1:9", "--position", "1"],
        &["source", "add", "inner", "https://elsewhere.example"],
        &["source", "tier", "outer", "3"],
        &["source", "tier", "outer", "2", "--position", "1"],
        &["source", "pattern", "outer", "mallory/*", "--tier", "3"],
        &["source", "tier", "outer", "1", "--pattern", "acme/*"],
        &["source", "list"],
        &["source", "pattern", "outer", "mallory/*", "--remove"],
        &["source", "pattern", "outer", "mallory/*", "--remove"],
        &["source", "remove", "first"],
        &["source", "remove", "first"],
        &["source", "list", "--format", "quiet"],
    ]);
    assert_said!(said);
}

#[test]
fn what_cannot_be_a_source_is_refused_with_the_reason() {
    let desk = Desk::new();
    let said = desk.run_all(&[
        &["source", "add", "Bad Name", "https://hub.example"],
        &["source", "add", "hub", "ftp://hub.example"],
        &["source", "add", "hub", "https://user:secret@hub.example"],
        &["source", "add", "hub", "https://hub.example", "--kind", "oci"],
        &["source", "add", "hub", "https://hub.example", "--tier", "4"],
    ]);
    assert!(
        !said.replace("$ weighbridge source add hub https://user:secret@", "").contains("secret")
    );
    assert_said!(said);
}

#[test]
fn a_credential_is_stored_sealed_and_never_shown() {
    let desk = Desk::new();
    desk.run(&["source", "add", "hub", "https://hub.example"]);
    let secret = "hf_upstreamSecretThatNobodyMaySee000000";
    let file = desk.write("secret", &format!("{secret}\n"));
    let mut said = desk.run_with(secret, &["source", "credential", "hub"]);
    let path = file.to_str().unwrap().to_owned();
    said.push_str(&desk.run(&["source", "credential", "hub", "acme/*", "--token-file", &path]));
    said.push_str(&desk.run(&["source", "list"]));
    said.push_str(&desk.run(&["audit", "tail", "-n", "3"]));
    said.push_str(&desk.run_with("", &["source", "credential", "hub"]));
    said.push_str(&desk.run(&["source", "credential", "hub", "acme/*", "--remove"]));
    said.push_str(&desk.run(&["source", "credential", "hub", "acme/*", "--remove"]));
    assert!(!said.contains("upstreamSecret"), "{said}");
    for entry in std::fs::read_dir(desk.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "the secret lies in {}", path.display());
        }
    }
    assert_said!(said.replace(&path, "FILE"));
}

#[test]
fn reserved_names_never_come_from_a_source() {
    let desk = Desk::new();
    let said = desk.run_all(&[
        &["source", "reserve"],
        &["source", "reserve", "acme/*", "--reason", "our own models"],
        &["source", "reserve", "acme/*"],
        &["source", "reserve"],
        &["why", "Acme/anything"],
        &["source", "reserve", "acme/*", "--remove"],
        &["source", "reserve", "acme/*", "--remove"],
        &["why", "acme/anything"],
    ]);
    assert_said!(said);
}
