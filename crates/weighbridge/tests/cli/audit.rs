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
