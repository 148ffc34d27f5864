//! Metadata of a Hub that behaves.

use super::*;
use weighbridge_domain::Timestamp;

const MODEL: ArtifactKind = ArtifactKind::Model;

async fn info(hub: &FakeHub, repo: &str, at: &str, token: Option<&str>) -> Answer<InfoOf> {
    client_of(hub).repo_info(MODEL, &name(repo), &revision(at), token).await
}

type InfoOf = weighbridge_upstream::RepoInfo;

#[tokio::test]
async fn repository_info_says_what_the_hub_declares() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/tiny", "config.json", "{}");
    hub.repo("acme/tiny")
        .licence("apache-2.0")
        .tagged(&["pytorch", "license:mit"])
        .info("pipeline_tag", "text-generation")
        .info("library_name", "transformers")
        .info("lastModified", "2026-02-03T04:05:06.000Z");

    let info = yes(info(&hub, "acme/tiny", "main", None).await);

    assert_eq!(info.canonical, name("acme/tiny"));
    assert_eq!(info.commit, commit);
    assert!(!info.private && !info.gated && !info.disabled);
    assert_eq!(info.licences, ["apache-2.0", "mit"]);
    assert_eq!(info.author.as_deref(), Some("acme"));
    assert_eq!(info.pipeline_tag.as_deref(), Some("text-generation"));
    assert_eq!(info.library_name.as_deref(), Some("transformers"));
    assert_eq!(info.last_modified, Timestamp::from_rfc3339("2026-02-03T04:05:06Z"));
    assert_eq!(info.downloads, Some(42));
    assert_eq!(info.card["license"], "apache-2.0");
}

#[tokio::test]
async fn datasets_are_asked_for_as_datasets() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("datasets/acme/words", "words.csv", "a,b\n");
    let client = client_of(&hub);
    let kind = ArtifactKind::Dataset;

    let info = yes(client.repo_info(kind, &name("acme/words"), &revision("main"), None).await);
    let files = yes(client.tree(kind, &name("acme/words"), &commit, None).await);
    let file = path("words.csv");
    let mut body = yes(client.open(kind, &name("acme/words"), &commit, &file, None, 0).await);

    assert_eq!(info.commit, commit);
    assert_eq!(files.len(), 1);
    assert_eq!(whole(&mut body).await, b"a,b\n");
}

#[tokio::test]
async fn a_renamed_repository_is_followed_with_the_credential() {
    let hub = FakeHub::start().await;
    hub.publish("acme/tiny", "config.json", "{}");
    hub.repo("acme/tiny").private().requires_token("hf_up").renamed_from("acme/old");

    let info = yes(info(&hub, "acme/old", "main", Some("hf_up")).await);

    assert_eq!(info.canonical, name("acme/tiny"));
    let asked = hub.requests();
    assert_eq!(asked.iter().map(|entry| entry.status).collect::<Vec<_>>(), [Some(307), Some(200)]);
    assert!(asked.iter().all(|entry| entry.token.as_deref() == Some("hf_up")));
}

#[tokio::test]
async fn letter_case_and_short_names_lead_to_the_canonical_name() {
    let hub = FakeHub::start().await;
    hub.publish("OpenAI-Community/GPT2", "config.json", "{}");
    hub.repo("OpenAI-Community/GPT2").renamed_from("gpt2");

    for spelling in ["gpt2", "openai-community/gpt2"] {
        let info = yes(info(&hub, spelling, "main", None).await);
        assert_eq!(info.canonical.as_str(), "OpenAI-Community/GPT2");
    }
}

#[tokio::test]
async fn every_spelling_of_a_revision_finds_its_commit() {
    let hub = FakeHub::start().await;
    let first = hub.publish("acme/tiny", "a.txt", "1");
    hub.repo("acme/tiny").tag("v1").branch("dev/x").point("refs/pr/1");
    let second = hub.publish("acme/tiny", "a.txt", "2");

    for spelling in ["v1", "dev/x", "refs/heads/dev/x", "refs/pr/1", first.as_str()] {
        assert_eq!(yes(info(&hub, "acme/tiny", spelling, None).await).commit, first, "{spelling}");
    }
    assert_eq!(yes(info(&hub, "acme/tiny", "main", None).await).commit, second);
}

#[tokio::test]
async fn what_the_hub_refuses_is_a_no_of_its_kind() {
    let hub = FakeHub::start().await;
    hub.repo("acme/tiny");
    hub.repo("acme/secret").private().requires_token("hf_up");
    hub.repo("acme/down").disabled();

    for (repo, at, token, kind) in [
        ("acme/none", "main", None, RefusalKind::RepoNotFound),
        ("acme/none", "main", Some("hf_up"), RefusalKind::RepoNotFound),
        ("acme/secret", "main", None, RefusalKind::RepoNotFound),
        ("acme/secret", "main", Some("hf_other"), RefusalKind::RepoNotFound),
        ("acme/tiny", "v9", None, RefusalKind::RevisionNotFound),
        ("acme/down", "main", None, RefusalKind::Disabled),
    ] {
        let refusal = no(info(&hub, repo, at, token).await);
        assert_eq!(refusal.kind, kind, "{repo}: {refusal}");
    }
    assert!(yes(info(&hub, "acme/secret", "main", Some("hf_up")).await).private);
}

#[tokio::test]
async fn a_tree_of_many_pages_is_complete() {
    let hub = FakeHub::start().await;
    let files = (0..2500).map(|n| (format!("part-{}/file {n:04}.txt", n % 7), format!("{n}")));
    let commit = hub.publish_many("acme/many", files);

    let files = yes(client_of(&hub).tree(MODEL, &name("acme/many"), &commit, None).await);

    assert_eq!(files.len(), 2500);
    assert_eq!(hub.requests().len(), 3, "2,507 entries are three pages");
}

#[tokio::test]
async fn a_tree_promises_git_ids_for_small_files_and_digests_for_large_ones() {
    let hub = FakeHub::start().await;
    hub.settings(|settings| settings.xet = true);
    hub.publish("acme/tiny", "hello.txt", "hello\n");
    let commit = hub.publish("acme/tiny", "w.safetensors", "weights");

    let files = yes(client_of(&hub).tree(MODEL, &name("acme/tiny"), &commit, None).await);

    let [hello, weights] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(hello.git_oid.to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
    assert_eq!((hello.size_bytes, hello.lfs), (6, None));
    assert_eq!((weights.size_bytes, weights.lfs), (7, Some(Digest::of(b"weights"))));
}

#[tokio::test]
async fn refs_history_and_search_are_listed() {
    let hub = FakeHub::start().await;
    let first = hub.publish("acme/tiny", "a.txt", "1");
    hub.repo("acme/tiny").tag("v1").point("refs/pr/1").point("refs/convert/parquet");
    let second = hub.publish("acme/tiny", "a.txt", "2");
    hub.repo("acme/large");
    hub.repo("acme/tiny-secret").private();
    hub.repo("datasets/acme/tiny-words");
    let client = client_of(&hub);

    let refs = yes(client.refs(MODEL, &name("acme/tiny"), None).await);
    let history = yes(client.commits(MODEL, &name("acme/tiny"), &revision("main"), None).await);
    let hits = yes(client.search(MODEL, "TINY", 10, None).await);

    assert_eq!(refs.branches[0].name, "main");
    assert_eq!((&refs.branches[0].target, &refs.tags[0].target), (&second, &first));
    assert_eq!(refs.pull_requests[0].ref_name, "refs/pr/1");
    assert_eq!(refs.converts[0].name, "parquet");
    assert_eq!(history[0].commit, second);
    assert_eq!(history[0].title, "Upload a.txt");
    assert_eq!(history.len(), 3, "two uploads and the initial commit");
    assert_eq!(hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["acme/tiny"]);
    assert_eq!(hits[0].commit, Some(second));
    assert!(yes(client.search(MODEL, "", 1, None).await).len() == 1);
}

#[tokio::test]
async fn a_probe_tells_whether_the_hub_knows_the_credential() {
    let hub = FakeHub::start().await;
    hub.account("hf_up", "weighbridge-bot");
    let client = client_of(&hub);

    assert_eq!(yes(client.probe(None).await).account, None);
    let probe = yes(client.probe(Some("hf_up")).await);
    assert_eq!(probe.account.as_deref(), Some("weighbridge-bot"));
    assert_eq!(no(client.probe(Some("hf_old")).await).kind, RefusalKind::Unauthorized);
}

#[tokio::test]
async fn requests_say_who_asks_and_want_no_compression() {
    let hub = FakeHub::start().await;
    hub.repo("acme/tiny");
    yes(info(&hub, "acme/tiny", "main", None).await);

    let request = &hub.requests()[0];
    assert_eq!(
        request.user_agent.as_deref(),
        Some(concat!("weighbridge/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(request.accept_encoding.as_deref(), Some("identity"));
    assert_eq!(request.token, None);
}
