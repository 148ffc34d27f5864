//! A fresh machine, one command.

use std::os::unix::fs::PermissionsExt as _;

use super::desk::Desk;
use crate::assert_said;

#[test]
fn one_command_is_enough_and_it_says_what_to_do_next() {
    let desk = Desk::new();
    let server = desk.serve();
    assert_said!(server.greeting);
    let mode = |name: &str| {
        std::fs::metadata(desk.data().join(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode(""), mode("admin.token"), mode("server.json")), (0o700, 0o600, 0o600));
    assert_eq!(server.stop(), 0);
    assert!(!desk.data().join("server.json").exists(), "a note of a server that is gone misleads");
}

#[test]
fn the_public_hub_is_the_first_source_at_tier_2() {
    let desk = Desk::new();
    desk.write("none.toml", "");
    let sources = desk.json(&["source", "list"]);
    let first = &sources[0];
    assert_eq!((&first["url"], &first["tier"]), (&"https://huggingface.co".into(), &2.into()));
    // Removed, it stays removed.
    desk.run(&["source", "remove", "huggingface"]);
    assert_eq!(desk.json(&["source", "list"]), serde_json::json!([]));
}

#[test]
fn one_server_a_data_directory() {
    let desk = Desk::new();
    let _server = desk.serve();
    assert_said!(desk.run(&["serve", "--listen", "127.0.0.1:0"]));
}

#[test]
fn a_command_says_the_same_with_and_without_a_server() {
    let desk = Desk::new();
    let commands: &[&[&str]] = &[
        &["source", "list"],
        &["source", "tier", "nowhere", "1"],
        &["token", "list", "--format", "quiet"],
        &["token", "revoke", "nobody"],
        &["why", "acme/tiny-bert"],
        &["artifact", "list"],
        &["artifact", "show", "acme/tiny-bert"],
        &["artifact", "show", "not a name"],
        &["audit", "downloads"],
    ];
    let without = desk.run_all(commands);
    let server = desk.serve();
    let with = desk.run_all(commands);
    assert_eq!(with, without);
    assert_eq!(server.stop(), 0);
    assert_said!(without);
}

#[test]
fn a_server_elsewhere_is_reached_with_a_token() {
    let desk = Desk::new();
    let server = desk.serve();
    let admin = std::fs::read_to_string(desk.data().join("admin.token")).unwrap();
    let elsewhere = Desk::new();
    let run = |token: Option<&str>| {
        let mut command = elsewhere.command(&["token", "list"]);
        command.env("WEIGHBRIDGE_SERVER", &server.url);
        if let Some(token) = token {
            command.env("WEIGHBRIDGE_TOKEN", token);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), said)
    };
    let (code, listed, _) = run(Some(admin.trim()));
    assert!(code == Some(0) && listed.contains("local-administrator"), "{listed}");
    let path = elsewhere.write("token", &admin);
    let mut command = elsewhere.command(&["source", "list", "--server", &server.url]);
    assert!(command.env("WEIGHBRIDGE_TOKEN_FILE", path).status().unwrap().success());
    let (code, _, said) = run(Some("hf_wrong"));
    assert!(code == Some(2) && said.contains("unknown, expired or revoked"), "{said}");
    let (code, _, said) = run(None);
    assert!(code == Some(2) && said.contains("WEIGHBRIDGE_TOKEN"), "{said}");
    assert!(!elsewhere.data().exists(), "a command for a server elsewhere makes nothing here");
}

#[test]
fn a_lost_administrator_token_is_made_anew_and_the_old_one_ends() {
    let desk = Desk::new();
    desk.run(&["status"]);
    let path = desk.data().join("admin.token");
    let old = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    desk.run(&["status"]);
    let server = desk.serve();
    let mut command = desk.command(&["status", "--server", &server.url]);
    let said = command.env("WEIGHBRIDGE_TOKEN", old.trim()).output().unwrap();
    assert_eq!(said.status.code(), Some(2));
    assert_ne!(std::fs::read_to_string(&path).unwrap(), old);
}

#[test]
fn a_server_that_was_killed_leaves_nothing_in_the_way() {
    let desk = Desk::new();
    drop(desk.serve());
    assert!(desk.data().join("server.json").exists());
    assert!(desk.run(&["source", "list"]).ends_with("exit 0\n"));
    assert!(!desk.data().join("server.json").exists());
    assert_eq!(desk.serve().stop(), 0);
}
