//! Something turns out to be bad: it is taken back, and whoever has it is named.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use weighbridge_testkit::FakeHub;

use super::desk::Desk;
use crate::assert_said;

/// What a client is told, or gets.
fn pulled(url: &str, token: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: gate.test\r\nConnection: close\r\n");
    let user = format!("User-Agent: trucks/1\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all((head + &user).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recalled_is_refused_with_who_and_why_and_whoever_has_it_is_listed() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/words", "words.txt", b"weighed");
    let desk = Desk::new();
    desk.run(&["source", "add", "upstream", &hub.url(), "--tier", "1"]);
    let server = desk.serve();
    let token = |name: &str, role: &str| {
        let words = ["token", "create", name, "--role", role, "--environment", "dev"];
        desk.json(&words)["token"].as_str().unwrap().to_owned()
    };
    let (machine, dana) = (token("ci", "reader"), token("dana", "developer"));
    let (sue, audrey) = (token("sue", "security-reviewer"), token("audrey", "auditor"));
    let path = format!("/acme/words/resolve/{commit}/words.txt");
    assert!(pulled(&server.url, &machine, &path).ends_with("weighed"));

    let reference = format!("acme/words@{commit}");
    let recall = ["recall", &reference, "--because", "it phones home, see INC-42"];
    let mut said = desk.run_as(&dana, &recall);
    said += &desk.run_as(&sue, &recall);
    said += &desk.run_as(&sue, &recall);
    said += &desk.run_as(&sue, &["recall", &"0".repeat(64), "--because", "it is bad"]);
    said += &desk.run_as(&audrey, &["recalls"]);
    said += &desk.run_as(&dana, &["recalls"]);
    let digest = desk.json(&["recalls"])[0]["sha256"].as_str().unwrap().to_owned();
    said += &desk.run_as(&audrey, &["recalls", &digest]);
    said += &desk.run_as(&dana, &["why", &reference]);

    let refused = pulled(&server.url, &machine, &path);
    assert!(refused.starts_with("HTTP/1.1 404"), "{refused}");
    assert!(refused.to_lowercase().contains("x-error-code: revisionnotfound"), "{refused}");
    let why = "1 file of it was recalled by sue, such as `words.txt`: it phones home, see INC-42";
    assert!(refused.contains(why), "{refused}");
    let told = said.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>();
    assert_said!(told.replace(commit.as_str(), "COMMIT"));
}
