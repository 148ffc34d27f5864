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

/// A configuration that writes the ledger somewhere.
fn streaming_to(desk: &Desk, place: &str) {
    let text = format!("[upstream]\npublic_hub = \"\"\n[ledger]\nstream_to = \"{place}\"\n");
    desk.write("none.toml", &text);
}

/// The lines of files once there are so many.
fn lines(files: &[&std::path::Path], at_least: usize) -> Vec<String> {
    loop {
        let read = files.iter().map(|file| fs::read_to_string(file).unwrap_or_default());
        let text: String = read.collect();
        if text.ends_with('\n') && text.lines().count() >= at_least {
            return text.lines().map(str::to_owned).collect();
        }
        std::thread::yield_now();
    }
}

fn streamed(desk: &Desk) -> Vec<String> {
    let output = desk.command(&["audit", "stream"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_ledger_is_written_to_a_file_without_a_gap_whatever_is_killed_or_renamed() {
    let desk = Desk::new();
    let (now, before) = (desk.home().join("ledger.ndjson"), desk.home().join("ledger.ndjson.1"));
    streaming_to(&desk, &now.display().to_string());
    let make = |names: std::ops::Range<u32>| {
        for number in names {
            desk.run(&["token", "create", &format!("ci-{number}")]);
        }
    };
    let server = desk.serve();
    make(0..4);
    lines(&[&now], 4);
    // Killed, as kill -9 does; what is written meanwhile comes after the start.
    drop(server);
    make(4..6);
    let server = desk.serve();
    let expected = streamed(&desk);
    assert_eq!(lines(&[&now], expected.len()), expected);
    fs::rename(&now, &before).unwrap();
    make(6..9);
    let expected = streamed(&desk);
    assert_eq!(lines(&[&before, &now], expected.len()), expected);
    assert_eq!(lines(&[&now], 3).len(), 3);
    assert_eq!(server.stop(), 0);
    // A line that was cut off goes on where it was.
    let text = fs::read_to_string(&now).unwrap();
    fs::write(&now, &text[..text.len() - 40]).unwrap();
    let server = desk.serve();
    make(9..10);
    let expected = streamed(&desk);
    assert_eq!(lines(&[&before, &now], expected.len()), expected);
    drop(server);
}

#[test]
fn the_ledger_is_written_to_standard_output_on_demand() {
    use std::io::BufRead as _;

    let desk = Desk::new();
    streaming_to(&desk, "stdout");
    let mut command = desk.command(&["serve", "--listen", "127.0.0.1:0"]);
    let pipe = std::process::Stdio::piped;
    let mut child = command.stdout(pipe()).stderr(pipe()).spawn().unwrap();
    let stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    let first: Vec<String> = stdout.lines().take(2).map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first[0].starts_with("{\"position\":0,"), "{}", first[0]);
    assert_eq!(first, streamed(&desk)[..2]);
    streaming_to(&desk, "somewhere");
    let refused = desk.run(&["status"]);
    assert!(refused.contains("ledger.stream_to") && refused.contains("`stdout`"), "{refused}");
}
