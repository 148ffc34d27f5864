//! A refusal explained in full, on a real pull.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use weighbridge_testkit::FakeHub;

use super::desk::Desk;
use crate::assert_said;

/// A pickle that calls `os.system("id")` when it is loaded.
const EVIL: &[u8] = b"\x80\x04cos\nsystem\nX\x02\x00\x00\x00id\x85R.";

/// Asks the server for a path and follows where it points, as `curl -L` does; answers the status.
fn pull(url: &str, path: &str) -> String {
    let mut path = path.to_owned();
    loop {
        let answer = ask(url, &path);
        let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
        match location {
            Some(next) => next.strip_prefix(url).unwrap_or(next).clone_into(&mut path),
            None => return answer.lines().next().unwrap_or_default().to_owned(),
        }
    }
}

fn ask(url: &str, path: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_explained_with_facts_rules_and_who_to_ask() {
    let hub = FakeHub::start().await;
    hub.publish("acme/evil", "model.pkl", EVIL);
    hub.publish("acme/words", "words.txt", b"weighed");
    let desk = Desk::new();
    desk.run(&["source", "add", "upstream", &hub.url()]);
    let server = desk.serve();
    assert_eq!(pull(&server.url, "/acme/evil/resolve/main/model.pkl"), "HTTP/1.1 403 Forbidden");
    assert_eq!(pull(&server.url, "/acme/words/resolve/main/words.txt"), "HTTP/1.1 200 OK");
    let said = desk.run_all(&[
        &["why", "acme/evil"],
        &["why", "acme/words"],
        &["why", "acme/words", "--for", "production"],
        &["why", "acme/never"],
        &["why", "acme/words", "--for", "moon"],
        &["artifact", "list"],
        &["artifact", "show", "acme/evil"],
        &["artifact", "show", "acme/evil@main"],
        &["audit", "downloads"],
        &["status"],
    ]);
    assert_said!(said.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>());
    let decision =
        desk.json(&["artifact", "show", "acme/words"])["revisions"][0]["decisions"][0].clone();
    let id = decision["decision"].as_str().unwrap();
    let by_id = desk.json(&["why", id]);
    assert_eq!((&by_id["id"], &by_id["outcome"]), (&decision["decision"], &"allow".into()));
    assert_eq!(server.stop(), 0);
}
