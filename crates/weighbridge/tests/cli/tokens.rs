//! Tokens: made, shown once, listed, revoked.

use super::desk::Desk;
use crate::assert_said;

#[test]
fn a_token_is_shown_once_and_ends_when_it_is_revoked() {
    let desk = Desk::new();
    let said = desk.run_all(&[
        &["token", "create", "ci", "--environment", "production", "--entitle", "acme/*"],
        &["token", "create", "ci"],
        &["token", "create", "root", "--role", "admin"],
        &["token", "list"],
        &["token", "revoke", "ci"],
        &["token", "revoke", "ci"],
        &["token", "create", "ci", "--expires", "2100-01-01T00:00:00Z"],
        &["token", "list", "--all"],
    ]);
    assert_said!(said);
}

#[test]
fn every_client_takes_the_token_and_nothing_but_it_goes_to_stdout() {
    let desk = Desk::new();
    let output = desk.command(&["token", "create", "ci"]).output().unwrap();
    let token = String::from_utf8(output.stdout).unwrap();
    let body = token.trim_end().strip_prefix("hf_").unwrap();
    assert!(body.len() >= 34 && body.bytes().all(|b| b.is_ascii_alphanumeric()), "{token}");
    let made = desk.json(&["token", "create", "other"]);
    assert!(made["token"].as_str().unwrap().starts_with("hf_") && made["id"].is_string());
    let listed = desk.run(&["token", "list", "--format", "json"]);
    assert!(!listed.contains(body), "a listed token is never the token itself");
}

#[test]
fn what_cannot_be_a_token_is_refused_with_the_reason() {
    let desk = Desk::new();
    let said = desk.run_all(&[
        &["token", "create", "x", "--environment", "moon"],
        &["token", "create", "anonymous"],
        &["token", "create", "x", "--entitle", "a/[b"],
        &["token", "create", "x", "--expires", "2001-01-01T00:00:00Z"],
        &["token", "create", "x", "--expires", "soon"],
    ]);
    assert_said!(said);
}

#[test]
fn a_reader_cannot_administer() {
    let desk = Desk::new();
    let made = desk.json(&["token", "create", "reader"]);
    let mut said = String::new();
    for words in [vec!["token", "list"], vec!["source", "list"], vec!["audit", "tail"]] {
        let mut command = desk.command(&words);
        command.env("WEIGHBRIDGE_TOKEN", made["token"].as_str().unwrap());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    assert_said!(said);
}
