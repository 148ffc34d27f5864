//! What travels over a real connection: file bytes by `sendfile`, framing by the HTTP library.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use weighbridge_domain::Digest;
use weighbridge_testkit::Synthetic;

use crate::gateway;
use crate::samples::safetensors;

/// Sends `requests` over one connection, the last of which closes it, and reads all answers.
async fn talk(address: SocketAddr, requests: &[String]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    for (index, request) in requests.iter().enumerate() {
        let close = if index + 1 == requests.len() { "Connection: close\r\n" } else { "" };
        let request = format!("{request} HTTP/1.1\r\nHost: gate.test\r\n{close}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
    }
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.unwrap();
    answers
}

/// Splits one answer off: its head as text, its body.
fn split(answers: &[u8], body_bytes: usize) -> (String, &[u8], &[u8]) {
    let end = answers.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(answers[..end].to_vec()).unwrap().to_lowercase();
    (head, &answers[end..end + body_bytes], &answers[end + body_bytes..])
}

#[tokio::test]
async fn several_answers_on_one_connection_keep_their_borders() {
    let (hub, app) = gateway().await;
    let weights = safetensors(1_500_000);
    let commit = hub.publish("acme/tiny", "model.safetensors", &weights);
    let address = app.listen().await;
    let file = format!("/acme/tiny/resolve/{commit}/model.safetensors");

    let requests = [
        format!("GET {file}"),
        format!("GET {file} HTTP/1.1\r\nHost: gate.test\r\nRange: bytes=1000-2999999\r\nX-Rest:"),
        format!("HEAD {file}"),
        format!("GET {file}"),
    ];
    let answers = talk(address, &requests).await;

    let (head, body, rest) = split(&answers, weights.len());
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(body == weights, "the first body differs");
    let (head, body, rest) = split(rest, 2_999_000);
    assert!(head.contains("content-range: bytes 1000-2999999/"), "{head}");
    assert!(body == &weights[1_000..3_000_000], "the part differs");
    let (head, _, rest) = split(rest, 0);
    assert!(head.contains(&format!("content-length: {}", weights.len())), "{head}");
    let (_, body, rest) = split(rest, weights.len());
    assert!(body == weights && rest.is_empty(), "the last body differs");
}

#[tokio::test]
async fn a_file_over_50_gb_is_announced_without_a_size_to_clients_that_learn_it_later() {
    let (hub, app) = gateway().await;
    let huge = Synthetic::safetensors(60_000_000_000, 7).claiming(Digest::of(b"nobody reads it"));
    let commit = hub.publish_synthetic("acme/huge", "model.safetensors", huge);
    let address = app.listen().await;
    let head = |agent: &str| {
        let file = format!("/acme/huge/resolve/{commit}/model.safetensors");
        format!("HEAD {file} HTTP/1.1\r\nHost: gate.test\r\nUser-Agent: {agent}\r\nX-Rest:")
    };
    let new = talk(address, &[head("unknown/None; hf_hub/2.4.0; python/3.11")]).await;
    let (new, _, _) = split(&new, 0);
    assert!(new.starts_with("http/1.1 200") && !new.contains("content-length"), "{new}");
    assert!(!new.contains("x-linked-size") && new.contains("x-repo-commit"), "{new}");
    let old = talk(address, &[head("unknown/None; hf_hub/1.30.0; python/3.11")]).await;
    let (old, _, _) = split(&old, 0);
    assert!(old.contains("content-length: 60000000000"), "{old}");
}

#[tokio::test]
async fn a_caller_who_goes_away_in_the_middle_stops_nobody_else() {
    let (hub, app) = gateway().await;
    let weights = safetensors(2_000_000);
    let commit = hub.publish("acme/tiny", "model.safetensors", &weights);
    let address = app.listen().await;
    let request = format!("GET /acme/tiny/resolve/{commit}/model.safetensors");
    let mut leaves = TcpStream::connect(address).await.unwrap();
    leaves
        .write_all(format!("{request} HTTP/1.1\r\nHost: gate.test\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut first = [0; 100];
    leaves.read_exact(&mut first).await.unwrap();
    drop(leaves);
    let answers = talk(address, &[request]).await;
    assert!(split(&answers, weights.len()).1 == weights);
    assert_eq!(hub.downloads_of("model.safetensors"), 1);
}

#[tokio::test]
async fn the_download_of_an_empty_file_is_in_the_record() {
    let (hub, app) = gateway().await;
    let commit = hub.publish("acme/tiny", "empty.txt", "");
    let address = app.listen().await;
    let request = format!("GET /acme/tiny/resolve/{commit}/empty.txt");
    let answers = talk(address, &[request]).await;
    let (head, _, _) = split(&answers, 0);
    assert!(head.starts_with("http/1.1 200") && head.contains("content-length: 0"), "{head}");
    let downloads = app.engine.list_downloads(None, None, 10).await.unwrap();
    assert_eq!(downloads.len(), 1);
}
