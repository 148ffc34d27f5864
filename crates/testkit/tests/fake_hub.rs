//! The fake's own manners, where no client of ours shows them: Xet, other forms of request, control.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::fs;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;
use weighbridge_testkit::{FakeHub, Synthetic, control};

/// An answer, with the names of its headers in lower case.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(prefix.as_str()))
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request on a connection of its own; `url` may be a whole address.
async fn ask(method: &str, url: &str, headers: &[&str], body: &str) -> Answer {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let headers: String = headers.iter().flat_map(|header| [header, "\r\n"]).collect();
    let length = body.len();
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let (head, body) = answer.split_at(end + 4);
    let head = String::from_utf8(head.to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: body.to_vec() }
}

async fn get(url: &str) -> Answer {
    ask("GET", url, &[], "").await
}

async fn control(hub: &FakeHub, word: &str, body: Value) -> Value {
    let url = format!("{}/__control/{word}", hub.url());
    let answer = ask("POST", &url, &[], &body.to_string()).await;
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

#[tokio::test]
async fn a_large_file_is_a_redirect_that_says_everything() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/tiny", "dir/w.safetensors", "weights");
    let url = format!("{}/acme/tiny/resolve/main/dir/w.safetensors", hub.url());

    let head = ask("HEAD", &url, &[], "").await;

    assert_eq!(head.status, 302);
    assert!(head.body.is_empty());
    assert_eq!(head.header("x-repo-commit"), Some(commit.as_str()));
    assert_eq!(head.header("x-linked-size"), Some("7"));
    let digest = hub.digest_of("acme/tiny", "dir/w.safetensors");
    assert_eq!(head.header("x-linked-etag"), Some(format!("\"{digest}\"").as_str()));
    let address = head.header("location").unwrap();
    assert!(address.starts_with(&hub.cdn_url()));
    assert_eq!(get(address).await.body, b"weights");
    assert_eq!(get(&address.replace("Expires=", "Expires=9")).await.status, 403);
    assert_eq!(ask("GET", address, &["authorization: Bearer hf_x"], "").await.status, 400);
}

#[tokio::test]
async fn a_missing_file_names_the_commit_it_is_missing_from() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/tiny", "a.txt", "1");
    let missing = get(&format!("{}/acme/tiny/resolve/main/b.txt", hub.url())).await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("x-error-code"), Some("EntryNotFound"));
    assert_eq!(missing.header("x-repo-commit"), Some(commit.as_str()));
}

#[tokio::test]
async fn xet_is_advertised_everywhere_or_nowhere() {
    let hub = FakeHub::start().await;
    hub.publish("acme/tiny", "w.safetensors", "weights");
    let tree = format!("{}/api/models/acme/tiny/tree/main?recursive=true", hub.url());
    let info = format!("{}/api/models/acme/tiny", hub.url());
    let file = format!("{}/acme/tiny/resolve/main/w.safetensors", hub.url());

    assert_eq!(get(&tree).await.json()[0].get("xetHash"), None);
    assert_eq!(ask("HEAD", &file, &[], "").await.header("x-xet-hash"), None);

    hub.settings(|settings| settings.xet = true);
    let head = ask("HEAD", &file, &[], "").await;
    assert_eq!(get(&tree).await.json()[0]["xetHash"].as_str(), head.header("x-xet-hash"));
    assert!(head.header("link").unwrap().contains("rel=\"xet-auth\""));
    assert_eq!(get(&info).await.json()["xetEnabled"], true);

    hub.repo("acme/tiny").gated();
    assert_eq!(get(&tree).await.json()[0]["xetHash"], "*".repeat(64));
}

#[tokio::test]
async fn paths_info_takes_a_form_or_json_and_leaves_out_what_is_not_there() {
    let hub = FakeHub::start().await;
    hub.publish_many("datasets/acme/words", [("a b.txt", "1"), ("dir/c.txt", "2")]);
    let url = format!("{}/api/datasets/acme/words/paths-info/main", hub.url());
    let form = "content-type: application/x-www-form-urlencoded";
    let as_form = ask("POST", &url, &[form], "paths=a+b.txt&paths=dir&paths=no&expand=false").await;
    let as_json = ask(
        "POST",
        &url,
        &["content-type: application/json"],
        r#"{"paths":["a b.txt","dir","no"]}"#,
    )
    .await;
    let (as_form, as_json) = (as_form.json(), as_json.json());
    assert_eq!(as_form, as_json);
    assert_eq!((&as_form[0]["path"], &as_form[0]["type"]), (&json!("a b.txt"), &json!("file")));
    assert_eq!((&as_form[1]["path"], &as_form[1]["type"]), (&json!("dir"), &json!("directory")));
    assert_eq!(as_form.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_folder_is_listed_alone_or_with_everything_below() {
    let hub = FakeHub::start().await;
    hub.publish_many(
        "acme/tiny",
        [("a.txt", "1"), ("d/b.txt", "2"), ("d/e/c.txt", "3"), ("de", "4")],
    );
    let paths = async |rest: &str| -> Vec<String> {
        let tree = get(&format!("{}/api/models/acme/tiny/tree/main{rest}", hub.url())).await.json();
        let entries = tree.as_array().unwrap().iter();
        entries.map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths("").await, ["a.txt", "d", "de"]);
    assert_eq!(paths("/d").await, ["d/b.txt", "d/e"]);
    assert_eq!(paths("?recursive=true").await, ["a.txt", "d", "d/b.txt", "d/e", "d/e/c.txt", "de"]);
    assert_eq!(paths("/d%2Fe?recursive=1").await, ["d/e/c.txt"]);
    let none = get(&format!("{}/api/models/acme/tiny/tree/main/nope", hub.url())).await;
    assert_eq!(none.header("x-error-code"), Some("EntryNotFound"));
}

#[tokio::test]
async fn siblings_have_their_hashes_when_asked_for() {
    let hub = FakeHub::start().await;
    hub.publish("acme/tiny", "w.bin", "weights");
    let info = get(&format!("{}/api/models/acme/tiny?blobs=true", hub.url())).await.json();
    assert_eq!(info["siblings"][0]["rfilename"], "w.bin");
    let digest = hub.digest_of("acme/tiny", "w.bin").to_string();
    assert_eq!(info["siblings"][0]["lfs"]["sha256"], digest);
}

#[tokio::test]
async fn a_shaped_link_is_as_slow_as_it_says() {
    let hub = FakeHub::start().await;
    hub.publish_synthetic("acme/tiny", "w.bin", Synthetic::new(2 * 1024 * 1024, 1));
    hub.settings(|settings| (settings.rate_mib, settings.latency_ms) = (Some(10.0), 20));
    let file = format!("{}/acme/tiny/resolve/main/w.bin", hub.url());
    let address = get(&file).await.header("location").unwrap().to_owned();

    let began = Instant::now();
    let (one, other) = tokio::join!(get(&address), get(&address));

    assert_eq!(one.body.len() + other.body.len(), 4 * 1024 * 1024);
    let took = began.elapsed().as_millis();
    assert!(took >= 400, "4 MiB at 10 MiB/s with 20 ms of latency took {took} ms");
}

#[tokio::test]
async fn control_does_what_the_handle_does() {
    let hub = FakeHub::start().await;
    let one = json!({ "repo": "acme/tiny", "path": "a.txt", "text": "one" });
    control(&hub, "publish", one).await;
    let many = json!({
        "repo": "acme/tiny",
        "files": { "b.txt": { "text": "two" }, "c.txt": { "base64": "dGhyZWU=" } },
    });
    control(&hub, "publish", many).await;
    let synthetic = json!({ "repo": "acme/tiny", "path": "w.bin", "size": 3_000_000, "seed": 4 });
    let published = control(&hub, "publish_synthetic", synthetic).await;
    let repo = json!({
        "repo": "acme/tiny", "licence": "mit", "tag": "v1", "requires_token": ["hf_up"],
        "gated": true, "info": { "downloads": 5 },
    });
    control(&hub, "repo", repo).await;

    let info = get(&format!("{}/api/models/acme/tiny/revision/v1", hub.url())).await.json();
    assert_eq!((&info["sha"], &info["gated"]), (&published["commit"], &json!("manual")));
    assert_eq!((&info["cardData"]["license"], &info["downloads"]), (&json!("mit"), &json!(5)));
    let file = format!("{}/acme/tiny/resolve/v1/c.txt", hub.url());
    assert_eq!(get(&file).await.header("x-error-code"), Some("GatedRepo"));
    let got = ask("GET", &file, &["authorization: Bearer hf_up"], "").await;
    assert_eq!(got.body, b"three");

    let stats = control(&hub, "stats", json!({})).await;
    assert_eq!(
        (&stats["downloads"], &stats["bytes_sent"]),
        (&json!({ "c.txt": 1 }), &json!({ "c.txt": 5 }))
    );
    assert_eq!(stats["tokens"], json!(["hf_up"]));
    assert_eq!(stats["requests"].as_array().unwrap().len(), 3, "control itself is not counted");
    assert_eq!(stats["requests"][1]["status"], 401);

    let fault =
        json!({ "what": { "status": 503 }, "repo": "acme/tiny", "route": "info", "times": 1 });
    control(&hub, "fault", fault).await;
    let info = format!("{}/api/models/acme/tiny", hub.url());
    assert_eq!(get(&info).await.status, 503);
    assert_eq!(get(&info).await.status, 200);
    control(&hub, "fault", json!({ "what": "silent" })).await;
    control(&hub, "reset", json!({})).await;
    assert_eq!(control(&hub, "stats", json!({})).await["requests"], json!([]));
    assert_eq!(get(&info).await.status, 200);
    control(&hub, "reset", json!({ "repos": true })).await;
    assert_eq!(get(&info).await.status, 401);
}

#[tokio::test]
async fn control_refuses_what_it_does_not_know() {
    let hub = FakeHub::start().await;
    for (word, body) in [
        ("settings", json!({ "page_sise": 3 })),
        ("settings", json!({ "page_size": "three" })),
        ("publish", json!({ "repo": "../x", "path": "a", "text": "1" })),
        ("publish", json!({ "repo": "acme/tiny", "path": "a" })),
        ("repo", json!({ "repo": "acme/tiny", "license": "mit" })),
        ("fault", json!({ "what": "earthquake" })),
        ("nothing", json!({})),
    ] {
        let url = format!("{}/__control/{word}", hub.url());
        let answer = ask("POST", &url, &[], &body.to_string()).await;
        assert_eq!(answer.status, 400, "{word} {body}");
    }
    control(&hub, "settings", json!({ "page_size": 1, "rate_mib": 2.5 })).await;
    hub.settings(|settings| assert_eq!((settings.page_size, settings.rate_mib), (1, Some(2.5))));
}

#[tokio::test]
async fn control_at_its_own_port_answers_while_the_hub_is_down() {
    let hub = FakeHub::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(axum::serve(listener, control::router(&hub)).into_future());
    let address = hub.url().trim_start_matches("http://").to_owned();

    control(&hub, "down", json!({})).await;
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let up = ask("POST", &format!("{own}/__control/up"), &[], "").await;

    assert_eq!(up.status, 200);
    assert_eq!(get(&format!("{}/api/models", hub.url())).await.json(), json!([]));
    serving.abort();
}

#[tokio::test]
async fn a_directory_becomes_repositories() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("models/acme/tiny/config.json", "{}"),
        ("models/acme/tiny/sub/a.txt", "1"),
        ("datasets/acme/words/w.csv", "a,b"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let hub = FakeHub::start().await;
    let seeded = control(&hub, "seed", json!({ "dir": folder.path() })).await;
    assert_eq!(seeded["repos"], json!(["acme/tiny", "datasets/acme/words"]));
    let file = format!("{}/acme/tiny/resolve/main/sub/a.txt", hub.url());
    assert_eq!(get(&file).await.body, b"1");
    let file = format!("{}/datasets/acme/words/resolve/main/w.csv", hub.url());
    assert_eq!(get(&file).await.body, b"a,b");
}
