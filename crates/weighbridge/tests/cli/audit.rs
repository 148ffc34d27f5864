//! The ledger: told, and verified.

use std::fs;

use super::desk::Desk;
use crate::assert_said;

#[test]
fn what_was_done_stands_in_the_ledger_with_who_did_it() {
    let desk = Desk::new();
    desk.run_all(&[
        &["source", "add", "hub", "https://hub.example", "--tier", "1"],
        &["source", "tier", "hub", "2"],
        &["token", "create", "ci"],
    ]);
    let said = desk.run_all(&[
        &["audit", "tail"],
        &["audit", "tail", "-n", "1", "--format", "quiet"],
        &["audit", "tail", "--from", "1", "-n", "2", "--format", "quiet"],
        &["audit", "verify"],
    ]);
    assert_said!(said);
}

#[test]
fn an_entry_that_was_changed_afterwards_is_found() {
    let desk = Desk::new();
    desk.run_all(&[&["source", "add", "hub", "https://good.example"], &["token", "create", "ci"]]);
    let path = desk.data().join("weighbridge.db");
    let mut bytes = fs::read(&path).unwrap();
    let honest = b"\"url\":\"https://good.example\"";
    let place = bytes.windows(honest.len()).position(|window| window == honest).unwrap();
    bytes[place..place + honest.len()].copy_from_slice(b"\"url\":\"https://evil.example\"");
    fs::write(&path, bytes).unwrap();
    let said = desk.run(&["audit", "verify"]);
    assert_said!(said);
}

#[test]
fn a_copy_of_the_ledger_needs_nothing_else_to_be_verified() {
    let desk = Desk::new();
    desk.run_all(&[&["source", "add", "hub", "https://hub.example"], &["token", "create", "ci"]]);
    let mut said = desk.run(&["audit", "export", "copy"]);
    let other = Desk::new();
    let copy = desk.home().join("copy").display().to_string();
    said += &desk.redacted(&other.run(&["audit", "verify", &copy]));
    let mut partial = fs::read_dir(desk.home().join("copy/bodies/000.p")).unwrap();
    let body = partial.next().unwrap().unwrap().path();
    let honest = fs::read_to_string(&body).unwrap();
    fs::write(&body, honest.replace("hub.example", "bad.example")).unwrap();
    said += &desk.run(&["audit", "verify", "copy"]);
    said += &desk.run(&["audit", "verify", "nowhere"]);
    // Brought up to date, it is whole again.
    said += &desk.run(&["token", "create", "more", "--format", "quiet"]);
    said += &desk.run(&["audit", "export", "copy"]);
    said += &desk.run(&["audit", "verify", "copy"]);
    assert_said!(said);
}

#[test]
fn a_receipt_is_a_file_that_proves_an_entry() {
    let desk = Desk::new();
    desk.run_all(&[&["source", "add", "hub", "https://hub.example"], &["token", "create", "ci"]]);
    let key = desk.json(&["audit", "verify"])["key"].as_str().unwrap().to_owned();
    let receipt = desk.json(&["audit", "receipt", "1"])["receipt"].as_str().unwrap().to_owned();
    desk.write("receipt", &receipt);
    desk.write("forged", &receipt.replace("index 1", "index 2"));
    let mut said = desk.run(&["audit", "receipt", "--verify", "receipt", "--key", &key]);
    said += &desk.run(&["audit", "receipt", "--verify", "forged", "--key", &key]);
    said += &desk.run(&["audit", "receipt", "999"]);
    assert_said!(said);
}
