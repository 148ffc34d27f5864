//! Scanning at the terminal: no server, no instance, and exit codes that scripts can rest on.

use std::os::unix::fs::symlink;

use super::desk::Desk;
use crate::assert_said;

/// A pickle that calls `os.getpid`, which does no harm.
const CALLS: &[u8] = b"cos\ngetpid\n(tR.";
/// A pickle of `[1]`.
const LIST: &[u8] = b"(lI1\na.";

/// A desk with a folder `model`.
fn desk() -> Desk {
    let desk = Desk::new();
    let folder = desk.home().join("model");
    std::fs::create_dir_all(folder.join("deep")).unwrap();
    std::fs::write(folder.join("config.json"), "{\"model_type\": \"bert\"}").unwrap();
    std::fs::write(folder.join("deep/weights.pkl"), CALLS).unwrap();
    std::fs::write(folder.join("list.pkl"), LIST).unwrap();
    desk
}

fn verdicts(document: &serde_json::Value) -> Vec<(String, String)> {
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let files = document["files"].as_array().unwrap();
    files.iter().map(|file| (word(&file["path"]), word(&file["verdict"]))).collect()
}

/// What a command answers as JSON, and its exit code.
fn told(desk: &Desk, arguments: &[&str]) -> (serde_json::Value, i32) {
    let output = desk.command(arguments).args(["--format", "json"]).output().unwrap();
    let document = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (document, output.status.code().unwrap())
}

#[test]
fn a_report_says_what_acts_where_why_and_what_to_do() {
    let desk = desk();
    let said = desk.run_all(&[
        &["scan", "model"],
        &["scan", "model/list.pkl"],
        &["scan", "model", "--format", "quiet"],
        &["scan", "--explain", "wb-pickle-call"],
        &["scan", "--explain", "wb-pickle-cal"],
        &["scan", "--explain", "CVE-2024-0001"],
        &["scan", "nowhere"],
        &["status", "--format", "sarif"],
    ]);
    assert_said!(said);
    assert!(!desk.data().exists(), "no instance was made for it");
}

#[test]
fn programs_get_one_object_with_a_verdict_for_all_and_for_each() {
    let desk = desk();
    let (document, code) = told(&desk, &["scan", "model", "model/list.pkl"]);
    assert_eq!((document["verdict"].as_str(), code), (Some("dangerous"), 1));
    let expected = [
        ("model/config.json", "clean"),
        ("model/deep/weights.pkl", "dangerous"),
        ("model/list.pkl", "clean"),
        ("model/list.pkl", "clean"),
    ];
    assert_eq!(verdicts(&document), expected.map(|(path, word)| (path.into(), word.into())));
    let finding = &document["files"][1]["findings"][0];
    assert_eq!(finding["rule"], "WB-PICKLE-CALL");
    assert_eq!((finding["offset"].as_u64(), &finding["member"]), (Some(13), &"".into()));
    let again = told(&desk, &["scan", "model", "model/list.pkl"]).0;
    assert_eq!(document, again, "the same files give the same report");
}

#[test]
fn standard_input_is_a_file_and_nothing_is_no_pass() {
    let desk = desk();
    let said = desk.run_with(
        "cos\ngetpid\n(tR.",
        &["scan", "-", "--stdin-name", "a.pkl", "--format", "quiet"],
    );
    assert!(said.contains("dangerous\ta.pkl"), "{said}");
    std::fs::create_dir(desk.home().join("empty")).unwrap();
    let (document, code) = told(&desk, &["scan", "empty"]);
    assert_eq!((document["verdict"].is_null(), code), (true, 3));
    std::fs::write(desk.home().join("odd"), [7, 250, 3, 0, 9]).unwrap();
    let (document, code) = told(&desk, &["scan", "odd", "--fail-on", "dangerous"]);
    assert_eq!((document["verdict"].as_str(), code), (Some("unknown"), 1));
}

#[test]
fn what_was_looked_at_is_set_aside_until_its_day_and_never_by_the_model_itself() {
    let desk = desk();
    let entry = |day: &str| {
        format!(
            "[[suppress]]\ncode = \"WB-PICKLE-CALL\"\npath = \"**/weights.pkl\"\n\
             reason = \"a process number\"\nexpires = \"{day}\"\n"
        )
    };
    desk.write("looked-at.toml", &entry("2999-01-01"));
    desk.write("model/weighbridge-suppressions.toml", &entry("2999-01-01"));
    desk.write("ended.toml", &entry("2020-01-01"));
    let with = |file: &str| told(&desk, &["scan", "model/deep", "--suppressions", file]);
    let (document, code) = with("looked-at.toml");
    assert_eq!((document["verdict"].as_str(), code), (Some("clean"), 0));
    let suppressed = &document["files"][0]["findings"][0]["suppressed"];
    assert_eq!(suppressed["reason"], "a process number");
    assert_eq!(with("ended.toml").1, 1);
    let dated = |day: &str| entry(day).replace(&format!("\"{day}\""), day);
    desk.write("dated.toml", &dated("2999-01-01"));
    desk.write("dated-ended.toml", &dated("2020-01-01"));
    assert_eq!((with("dated.toml").1, with("dated-ended.toml").1), (0, 1));
    assert_eq!(told(&desk, &["scan", "model"]).1, 1);
    desk.write("bad.toml", &entry("soon"));
    desk.write("moment.toml", &dated("2999-01-01T00:00:00Z"));
    desk.write("unknown.toml", &entry("2999-01-01").replace("-CALL", "-COLL"));
    let bad = desk.run_all(&[
        &["scan", "model", "--suppressions", "bad.toml"],
        &["scan", "model", "--suppressions", "moment.toml"],
        &["scan", "model", "--suppressions", "unknown.toml"],
    ]);
    assert_said!(bad);
}

#[test]
fn a_cache_is_scanned_by_its_snapshots_and_links_lead_nowhere_else() {
    let desk = desk();
    let cached = desk.home().join("cache/hub/models--acme--tiny");
    let snapshot = cached.join("snapshots/0123");
    std::fs::create_dir_all(cached.join("blobs")).unwrap();
    std::fs::create_dir_all(&snapshot).unwrap();
    std::fs::write(cached.join("blobs/abc"), CALLS).unwrap();
    symlink("../../blobs/abc", snapshot.join("model.pkl")).unwrap();
    let (document, _) = told(&desk, &["scan", "cache"]);
    let path = "cache/hub/models--acme--tiny/snapshots/0123/model.pkl";
    assert_eq!(verdicts(&document), [(path.to_owned(), "dangerous".to_owned())]);

    symlink("/", desk.home().join("model/everything")).unwrap();
    symlink("gone", desk.home().join("model/broken")).unwrap();
    let (document, code) = told(&desk, &["scan", "model"]);
    assert_eq!((verdicts(&document).len(), code), (3, 1));
    let unexamined = document["unexamined"].as_array().unwrap();
    assert_eq!(unexamined.len(), 2, "{unexamined:?}");
}

#[test]
fn hooks_of_version_control_run_and_are_looked_at() {
    let desk = Desk::new();
    let hooks = desk.home().join("clone/.git/hooks");
    std::fs::create_dir_all(hooks.parent().unwrap().join("objects")).unwrap();
    std::fs::create_dir_all(&hooks).unwrap();
    std::fs::write(desk.home().join("clone/config.json"), "{}").unwrap();
    std::fs::write(hooks.join("pre-commit.sample"), "#!/bin/sh\ntrue\n").unwrap();
    let (document, code) = told(&desk, &["scan", "clone"]);
    let clean = ("clone/config.json".to_owned(), "clean".to_owned());
    assert_eq!((verdicts(&document), code), (vec![clean.clone()], 0));
    std::fs::write(hooks.join("post-checkout"), "#!/bin/sh\ntrue\n").unwrap();
    let (document, code) = told(&desk, &["scan", "clone"]);
    let hook = ("clone/.git/hooks/post-checkout".to_owned(), "review".to_owned());
    assert_eq!((verdicts(&document), code), (vec![hook, clean], 1));
}
