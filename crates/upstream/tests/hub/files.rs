//! Files of a Hub that behaves.

use super::*;
use weighbridge_domain::Hasher;
use weighbridge_testkit::Synthetic;

const MODEL: ArtifactKind = ArtifactKind::Model;

#[tokio::test]
async fn a_small_file_comes_from_the_hub_itself() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/tiny", "hello.txt", "hello\n");

    let mut body = yes(open(&hub, "acme/tiny", &commit, "hello.txt").await);

    assert_eq!(body.total_bytes, Some(6));
    assert_eq!(body.promised_etag.as_deref(), Some("ce013625030ba8dba906f756967f9e9ca394464a"));
    assert_eq!(body.commit, Some(commit));
    assert_eq!(whole(&mut body).await, b"hello\n");
    assert_eq!(body.chunk().await, Ok(None), "the end stays the end");
    assert!(requests_at(&hub, Side::Cdn).is_empty());
}

#[tokio::test]
async fn a_large_file_comes_from_the_cdn_which_never_sees_the_credential() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/tiny", "w.safetensors", "weights");
    hub.repo("acme/tiny").gated().requires_token("hf_up");
    let (client, file) = (client_of(&hub), path("w.safetensors"));

    let mut body =
        yes(client.open(MODEL, &name("acme/tiny"), &commit, &file, Some("hf_up"), 0).await);

    assert_eq!(body.promised_etag, Some(Digest::of(b"weights").to_string()));
    assert_eq!(body.commit, Some(commit));
    assert_eq!(whole(&mut body).await, b"weights");
    let [at_hub] = requests_at(&hub, Side::Hub).try_into().unwrap();
    let [at_cdn] = requests_at(&hub, Side::Cdn).try_into().unwrap();
    assert_eq!(at_hub.token.as_deref(), Some("hf_up"));
    assert_eq!(at_cdn.token, None);
    assert_eq!(at_cdn.accept_encoding.as_deref(), Some("identity"));
}

#[tokio::test]
async fn a_gated_file_without_a_grant_is_refused_as_gated() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/tiny", "w.safetensors", "weights");
    hub.repo("acme/tiny").gated().requires_token("hf_up");
    let (client, file) = (client_of(&hub), path("w.safetensors"));

    for token in [None, Some("hf_other")] {
        let answer = client.open(MODEL, &name("acme/tiny"), &commit, &file, token, 0).await;
        let refusal = no(answer);
        assert_eq!(refusal.kind, RefusalKind::Gated);
        assert!(refusal.message.contains("acme/tiny is restricted"), "{refusal}");
    }
    assert_eq!(hub.downloads_of("w.safetensors"), 0);
}

#[tokio::test]
async fn a_redirect_within_the_hub_keeps_the_credential() {
    let hub = FakeHub::start().await;
    hub.settings(|settings| settings.resolve_cache = true);
    let commit = hub.publish("acme/tiny", "dir/hello.txt", "hello\n");
    hub.repo("acme/tiny").private().requires_token("hf_up").renamed_from("acme/old");
    let (client, file) = (client_of(&hub), path("dir/hello.txt"));

    let mut body =
        yes(client.open(MODEL, &name("acme/old"), &commit, &file, Some("hf_up"), 0).await);

    assert_eq!(whole(&mut body).await, b"hello\n");
    let asked = hub.requests();
    assert_eq!(asked.len(), 3, "the rename, the cache, the file");
    assert!(asked.iter().all(|entry| entry.token.as_deref() == Some("hf_up")));
}

#[tokio::test]
async fn a_missing_file_is_a_no_about_the_file() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/tiny", "a.txt", "1");
    assert_eq!(
        no(open(&hub, "acme/tiny", &commit, "b.txt").await).kind,
        RefusalKind::EntryNotFound
    );
    let other: CommitId = "ab".repeat(20).parse().unwrap();
    let refusal = no(open(&hub, "acme/tiny", &other, "a.txt").await);
    assert_eq!(refusal.kind, RefusalKind::RevisionNotFound);
    let refusal = no(open(&hub, "acme/none", &commit, "a.txt").await);
    assert_eq!(refusal.kind, RefusalKind::RepoNotFound);
}

#[tokio::test]
async fn a_transfer_goes_on_where_it_stopped() {
    let hub = FakeHub::start().await;
    hub.publish("acme/tiny", "small.txt", "0123456789");
    let commit = hub.publish("acme/tiny", "large.bin", "0123456789");

    for file in ["small.txt", "large.bin"] {
        for (from_byte, expected) in [(4, "456789"), (9, "9"), (10, "")] {
            let mut body = yes(open_from(&hub, "acme/tiny", &commit, file, from_byte).await);
            assert_eq!((body.from_byte, body.total_bytes), (from_byte, Some(10)));
            assert_eq!(whole(&mut body).await, expected.as_bytes());
        }
        let beyond = unknown(open_from(&hub, "acme/tiny", &commit, file, 11).await);
        assert_eq!(beyond.kind, TroubleKind::BadAnswer);
    }
    let last = requests_at(&hub, Side::Cdn).pop().unwrap();
    assert_eq!(last.range.as_deref(), Some("bytes=11-"));
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let hub = FakeHub::start().await;
    hub.publish("acme/tiny", "empty.txt", "");
    let commit = hub.publish("acme/tiny", "empty.bin", "");
    for file in ["empty.txt", "empty.bin"] {
        let mut body = yes(open(&hub, "acme/tiny", &commit, file).await);
        assert_eq!(body.total_bytes, Some(0));
        assert_eq!(whole(&mut body).await, b"");
    }
}

#[tokio::test]
async fn strange_file_names_arrive_unharmed() {
    let hub = FakeHub::start().await;
    let names = [
        "dir with space/a#b.txt",
        "100%25.txt",
        "a?b&c=d.bin",
        "größe/模型.bin",
        "+.txt",
        "%2e%2e",
    ];
    let commit = hub.publish_many("acme/tiny", names.map(|name| (name, name)));
    for file in names {
        let mut body = yes(open(&hub, "acme/tiny", &commit, file).await);
        assert_eq!(whole(&mut body).await, file.as_bytes());
        assert_eq!(hub.downloads_of(file), 1, "{file}");
    }
}

#[tokio::test]
async fn an_old_commit_gives_old_bytes_after_main_has_moved() {
    let hub = FakeHub::start().await;
    let first = hub.publish("acme/tiny", "a.txt", "old");
    hub.publish("acme/tiny", "a.txt", "new");
    let mut body = yes(open(&hub, "acme/tiny", &first, "a.txt").await);
    assert_eq!(whole(&mut body).await, b"old");
}

#[tokio::test]
async fn a_big_file_arrives_whole_and_is_sent_once() {
    const SIZE: u64 = 200_000_000;
    let hub = FakeHub::start().await;
    let synthetic = Synthetic::safetensors(SIZE, 7);
    let commit = hub.publish_synthetic("acme/big", "w.safetensors", synthetic);
    let (client, file) = (client_of(&hub), path("w.safetensors"));

    let mut body = yes(client.open(MODEL, &name("acme/big"), &commit, &file, None, 0).await);
    let mut hasher = Hasher::default();
    while let Some(piece) = body.chunk().await.unwrap() {
        hasher.update(&piece);
    }

    assert_eq!(Some(hasher.finish().to_string()), body.promised_etag);
    assert_eq!(hub.bytes_sent("w.safetensors"), SIZE);
    assert_eq!(hub.downloads_of("w.safetensors"), 1);
}

#[tokio::test]
async fn the_head_of_a_huge_file_is_had_without_its_body() {
    const SIZE: u64 = 60_000_000_000;
    let hub = FakeHub::start().await;
    let claimed = Digest::of(b"nobody will ever hash this");
    let synthetic = Synthetic::safetensors(SIZE, 7).claiming(claimed);
    let commit = hub.publish_synthetic("acme/huge", "w.safetensors", synthetic);

    let mut body = yes(open(&hub, "acme/huge", &commit, "w.safetensors").await);
    let first: Bytes = body.chunk().await.unwrap().unwrap();

    assert_eq!(body.total_bytes, Some(SIZE));
    assert_eq!(body.promised_etag, Some(claimed.to_string()));
    assert_eq!(first[..8], 128_u64.to_le_bytes());
}
