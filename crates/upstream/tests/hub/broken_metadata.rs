//! Metadata of a Hub that fails, lies or leads astray.

use super::*;
use weighbridge_testkit::{Fault, Route, What};
use weighbridge_upstream::{RepoInfo, TreeFile};

const MODEL: ArtifactKind = ArtifactKind::Model;

async fn hub_with_a_file() -> (FakeHub, CommitId) {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/tiny", "a.txt", "1");
    (hub, commit)
}

async fn info(hub: &FakeHub) -> Answer<RepoInfo> {
    client_of(hub).repo_info(MODEL, &name("acme/tiny"), &revision("main"), Some("hf_up")).await
}

async fn info_hastily(hub: &FakeHub) -> Answer<RepoInfo> {
    hasty_client_of(hub).repo_info(MODEL, &name("acme/tiny"), &revision("main"), None).await
}

async fn tree(hub: &FakeHub, commit: &CommitId) -> Answer<Vec<TreeFile>> {
    client_of(hub).tree(MODEL, &name("acme/tiny"), commit, Some("hf_up")).await
}

#[tokio::test]
async fn a_server_error_is_asked_again_a_few_times_and_is_never_a_no() {
    let (hub, _) = hub_with_a_file().await;
    hub.fault(Fault::new(What::Status(503)).on(Route::Info).times(2));
    yes(info(&hub).await);
    assert_eq!(hub.requests().len(), 3);

    hub.forget_requests();
    hub.fault(Fault::new(What::Status(500)).on(Route::Info));
    assert_eq!(unknown(info(&hub).await).kind, TroubleKind::Status(500));
    assert_eq!(hub.requests().len(), 3);
}

#[tokio::test]
async fn a_request_to_slow_down_is_passed_on_at_once() {
    let (hub, _) = hub_with_a_file().await;
    hub.fault(What::RateLimited { retry_after_s: Some(17) });
    let retry_after = Some(Duration::from_secs(17));
    assert_eq!(unknown(info(&hub).await).kind, TroubleKind::RateLimited { retry_after });
    assert_eq!(hub.requests().len(), 1);
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let (hub, _) = hub_with_a_file().await;
    hub.fault(Fault::new(What::Silent).once());
    assert_eq!(unknown(info_hastily(&hub).await).kind, TroubleKind::Timeout);
    hub.hang();
    assert_eq!(unknown(info_hastily(&hub).await).kind, TroubleKind::Timeout);
    hub.come_back().await;
    yes(info(&hub).await);
}

#[tokio::test]
async fn a_slow_first_byte_within_the_limit_is_waited_for() {
    let (hub, _) = hub_with_a_file().await;
    hub.fault(What::SlowFirstByte { ms: 50 });
    yes(info(&hub).await);
}

#[tokio::test]
async fn an_answer_in_drops_does_not_take_for_ever() {
    let (hub, _) = hub_with_a_file().await;
    hub.repo("acme/tiny").info("padding", "x".repeat(4000));
    // A drop each 100 ms never lets the silence grow long; the whole would take half a minute.
    hub.fault(Fault::new(What::Dribble { bytes_per_s: 150 }).on(Route::Info));
    let trouble = unknown(info_hastily(&hub).await);
    assert_eq!(trouble.kind, TroubleKind::Timeout, "{trouble}");
    assert!(trouble.what.contains("did not finish"), "{trouble}");
}

#[tokio::test]
async fn a_hub_that_is_down_cannot_be_reached_and_comes_back() {
    let (hub, _) = hub_with_a_file().await;
    yes(info(&hub).await);
    hub.go_down().await;
    let trouble = unknown(info(&hub).await);
    assert_eq!(trouble.kind, TroubleKind::Connect);
    assert!(trouble.what.contains("refused"), "{trouble}");
    hub.come_back().await;
    yes(info(&hub).await);
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_tried_again() {
    let (hub, _) = hub_with_a_file().await;
    hub.fault(Fault::new(What::HungUp).times(2));
    yes(info(&hub).await);
    hub.fault(What::HungUp);
    assert_eq!(unknown(info(&hub).await).kind, TroubleKind::Connect);
}

#[tokio::test]
async fn a_page_that_breaks_off_is_asked_for_again() {
    let (hub, commit) = hub_with_a_file().await;
    hub.fault(Fault::new(What::CutAt { byte: 20 }).on(Route::Tree).once());
    assert_eq!(yes(tree(&hub, &commit).await).len(), 1);
    hub.fault(Fault::new(What::CutAt { byte: 20 }).on(Route::Tree));
    assert_eq!(unknown(tree(&hub, &commit).await).kind, TroubleKind::BrokenBody);
}

#[tokio::test]
async fn a_page_that_is_not_json_is_no_answer() {
    let (hub, commit) = hub_with_a_file().await;
    hub.fault(What::NotJson);
    assert_eq!(unknown(tree(&hub, &commit).await).kind, TroubleKind::BadAnswer);
    assert_eq!(unknown(info(&hub).await).kind, TroubleKind::BadAnswer);
    // JSON that ends early, in a transfer that ends well.
    hub.clear_faults();
    hub.fault(Fault::new(What::ShortBy { bytes: 5 }).on(Route::Tree));
    assert_eq!(unknown(tree(&hub, &commit).await).kind, TroubleKind::BadAnswer);
}

#[tokio::test]
async fn a_second_page_that_fails_leaves_no_half_tree() {
    let (hub, _) = hub_with_a_file().await;
    hub.settings(|settings| settings.page_size = 2);
    let commit = hub.publish_many("acme/tiny", [("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")]);
    assert_eq!(yes(tree(&hub, &commit).await).len(), 5);

    hub.fault(Fault::new(What::NextPage(format!("{}/api/models/acme/none/tree/x", hub.url()))));
    assert_eq!(no(tree(&hub, &commit).await).kind, RefusalKind::RepoNotFound);
}

#[tokio::test]
async fn a_next_page_at_another_origin_is_never_fetched() {
    let (hub, commit) = hub_with_a_file().await;
    for elsewhere in [hub.cdn_url(), "https://127.0.0.1:1".to_owned(), "//localhost".to_owned()] {
        hub.clear_faults();
        hub.fault(What::NextPage(format!("{elsewhere}/api/models/acme/tiny/tree/x")));
        let trouble = unknown(tree(&hub, &commit).await);
        assert_eq!(trouble.kind, TroubleKind::BadAnswer);
        assert!(trouble.what.contains("another origin"), "{trouble}");
    }
    assert!(requests_at(&hub, Side::Cdn).is_empty());
}

#[tokio::test]
async fn a_list_that_leads_in_circles_ends() {
    let (hub, commit) = hub_with_a_file().await;
    hub.fault(What::NextPage(format!("/api/models/acme/tiny/tree/{commit}?recursive=true")));
    let trouble = unknown(tree(&hub, &commit).await);
    assert!(trouble.what.contains("`a.txt` twice"), "{trouble}");

    hub.clear_faults();
    hub.fault(What::NextPage(format!("/api/models/acme/tiny/tree/{commit}?cursor=9")));
    let trouble = unknown(tree(&hub, &commit).await);
    assert!(trouble.what.contains("empty page"), "{trouble}");
}

#[tokio::test]
async fn a_path_that_leaves_the_repository_spoils_the_whole_tree() {
    let (hub, commit) = hub_with_a_file().await;
    for bad in ["../../etc/passwd", "/etc/passwd", "a\\b", "a\nb", "a.txt"] {
        hub.clear_faults();
        hub.fault(What::ExtraPath(bad.to_owned()));
        let trouble = unknown(tree(&hub, &commit).await);
        assert_eq!(trouble.kind, TroubleKind::BadAnswer, "{bad:?}");
        let named: String = bad.chars().flat_map(char::escape_default).collect();
        assert!(trouble.what.contains(&named), "{trouble}");
    }
}

#[tokio::test]
async fn a_redirect_of_metadata_to_another_origin_is_not_followed() {
    let (hub, _) = hub_with_a_file().await;
    hub.fault(What::RedirectTo(format!("{}/api/models/acme/tiny", hub.cdn_url())));
    assert_eq!(unknown(info(&hub).await).kind, TroubleKind::BadAnswer);
    assert!(requests_at(&hub, Side::Cdn).is_empty());
}

#[tokio::test]
async fn redirects_in_circles_end() {
    let (hub, _) = hub_with_a_file().await;
    hub.fault(What::RedirectTo("/api/models/acme/tiny/revision/main".to_owned()));
    assert_eq!(unknown(info(&hub).await).kind, TroubleKind::BadAnswer);
    assert_eq!(hub.requests().len(), 6);
}

#[tokio::test]
async fn an_answer_about_another_commit_is_no_answer() {
    let (hub, commit) = hub_with_a_file().await;
    hub.repo("acme/tiny").info("sha", "ab".repeat(20));
    let asked = client_of(&hub)
        .repo_info(MODEL, &name("acme/tiny"), &revision(commit.as_str()), None)
        .await;
    assert_eq!(unknown(asked).kind, TroubleKind::BadAnswer);
}

#[tokio::test]
async fn more_json_than_we_are_ready_to_take_is_cut_short() {
    let (hub, _) = hub_with_a_file().await;
    hub.repo("acme/tiny").info("padding", "x".repeat(33 * 1024 * 1024));
    let asked = client_of(&hub).repo_info(MODEL, &name("acme/tiny"), &revision("main"), None).await;
    assert_eq!(unknown(asked).kind, TroubleKind::TooLarge);
}
