//! What Weighbridge stands on.

use super::desk::Desk;

/// Check by check: how well it is, without what depends on this machine.
fn levels(desk: &Desk) -> Vec<(String, String)> {
    let output = desk.command(&["doctor", "--format", "json"]).output().unwrap();
    let checks: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let checks = checks.as_array().unwrap().iter();
    checks.map(|check| (text(&check["check"]), text(&check["level"]))).collect()
}

fn level(desk: &Desk, name: &str) -> String {
    let found = levels(desk).into_iter().find(|(check, _)| check == name);
    found.map_or_else(|| "not checked".to_owned(), |(_, level)| level)
}

#[test]
fn a_fresh_machine_is_checked_without_making_anything() {
    let desk = Desk::new();
    let names: Vec<String> = levels(&desk).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["disk", "disk sync", "scan worker", "policy worker", "clock", "database"]);
    assert!(!desk.data().exists());
    assert_ne!(level(&desk, "scan worker"), "bad", "the worker starts, whatever holds it");
    assert_eq!(level(&desk, "policy worker"), "well");
}

#[test]
fn a_source_that_does_not_answer_is_bad_and_the_exit_code_says_so() {
    let desk = Desk::new();
    // Nobody listens on the port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    desk.run(&["source", "add", "gone", &url]);
    desk.run(&["source", "add", "never", "https://never.example", "--tier", "3"]);
    assert_eq!(level(&desk, "source `gone`"), "bad");
    assert_eq!(level(&desk, "source `never`"), "well", "what is prohibited is not asked");
    assert_eq!(level(&desk, "database"), "well");
    let said = desk.run(&["doctor"]);
    assert!(said.contains("hint: ") && said.ends_with("exit 1\n"), "{said}");
}

#[test]
fn a_data_directory_that_cannot_be_used_is_named() {
    let desk = Desk::new();
    desk.run(&["status"]);
    std::fs::write(desk.data().join("keys/log-ed25519.seed"), b"short").unwrap();
    let said = desk.run(&["doctor"]);
    assert!(said.contains("log-ed25519.seed") && said.ends_with("exit 1\n"), "{said}");
    assert_eq!(level(&desk, "database"), "bad");
}
