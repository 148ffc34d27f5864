//! Accounts at the command line: made, granted, and used with a password that never stands on it.

use super::desk::Desk;
use crate::assert_said;

const PASSWORD: &str = "seven trucks and a bridge";

#[test]
fn people_get_accounts_roles_and_tokens_of_their_own() {
    let desk = Desk::new();
    let (secret, both) = (format!("{PASSWORD}\n"), format!("{PASSWORD}\nanother long secret\n"));
    let mut said = desk.run(&["account", "add", "sam", "--display-name", "Sam Vimes"]);
    said += &desk.run_with("too short\n", &["account", "password", "sam"]);
    said += &desk.run_with(&secret, &["account", "password", "sam"]);
    let grant = ["account", "grant", "sam", "--role"];
    said += &desk.run(&[&grant[..], &["security-reviewer", "--on", "acme/*"]].concat());
    said +=
        &desk.run(&[&grant[..], &["approver", "--on", "acme/*", "--for", "production"]].concat());
    said += &desk.run(&[&grant[..], &["auditor", "--on", "acme/*"]].concat());
    let token = ["token", "create", "laptop", "--mine", "sam"];
    said += &desk.run_with("wrong\n", &token);
    said += &desk.run_with(&secret, &token);
    said += &desk.run_with(&secret, &[&token[..], &["--role", "security-reviewer"]].concat());
    said += &desk.run_with(&secret, &["token", "list", "--account", "sam"]);
    said += &desk.run_with(&both, &["account", "password", "sam", "--own"]);
    said += &desk.run_with(&secret, &["account", "sessions", "--account", "sam"]);
    let shown = desk.json(&["account", "show", "sam"]);
    let approver = shown["grants"][1]["id"].as_str().unwrap();
    said += &desk.run(&["account", "revoke", "sam", approver]);
    said += &desk.run(&["account", "list"]);
    said += &desk.run(&["account", "disable", "sam"]);
    said += &desk.run(&["token", "create", "sam"]);
    said += &desk.run(&["token", "create", "blue", "--service", "trainer", "--role", "approver"]);
    said += &desk.run(&["account", "show", "nobody"]);
    assert!(!said.contains(PASSWORD) && !said.contains("another long secret"), "{said}");
    assert_said!(said.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>());
}
