//! Files of a Hub that fails, lies or leads astray.

use super::*;
use weighbridge_testkit::{Fault, Route, What};

const MODEL: ArtifactKind = ArtifactKind::Model;
const WEIGHTS: &str = "w.safetensors";
const SIZE: u64 = 1_000_000;

fn weights() -> Vec<u8> {
    (0..SIZE).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

/// One file in LFS, and the fault.
async fn hub_with(fault: impl Into<Fault>) -> (FakeHub, CommitId) {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/tiny", WEIGHTS, weights());
    hub.fault(fault);
    (hub, commit)
}

async fn open_weights(hub: &FakeHub, commit: &CommitId) -> Answer<Body> {
    open(hub, "acme/tiny", commit, WEIGHTS).await
}

async fn open_weights_hastily(hub: &FakeHub, commit: &CommitId) -> Answer<Body> {
    let (client, file) = (hasty_client_of(hub), path(WEIGHTS));
    client.open(MODEL, &name("acme/tiny"), commit, &file, None, 0).await
}

#[tokio::test]
async fn one_wrong_bit_arrives_and_the_promise_tells() {
    let (hub, commit) = hub_with(What::FlippedByte { at: 777_777 }).await;
    let mut body = yes(open_weights(&hub, &commit).await);
    let received = whole(&mut body).await;
    assert_eq!(received.len(), weights().len());
    assert_eq!(received.iter().zip(weights()).filter(|(a, b)| *a != b).count(), 1);
    assert_ne!(Some(Digest::of(&received).to_string()), body.promised_etag);
}

#[tokio::test]
async fn a_promise_of_other_bytes_is_passed_on_for_comparison() {
    let (hub, commit) = hub_with(What::WrongHash).await;
    let mut body = yes(open_weights(&hub, &commit).await);
    let received = whole(&mut body).await;
    assert_eq!(received, weights());
    assert_ne!(Some(Digest::of(&received).to_string()), body.promised_etag);
    let files = client_of(&hub).tree(MODEL, &name("acme/tiny"), &commit, None).await;
    assert_eq!(yes(files)[0].lfs.map(|digest| digest.to_string()), body.promised_etag);
}

#[tokio::test]
async fn a_cut_transfer_is_known_as_such_and_can_go_on() {
    let (hub, commit) = hub_with(Fault::new(What::CutAt { byte: 300_000 }).once()).await;
    let mut body = yes(open_weights(&hub, &commit).await);
    let (mut received, end) = receive(&mut body).await;
    assert_eq!(end.unwrap_err().kind, TroubleKind::BrokenBody);
    assert!(body.chunk().await.is_err(), "a failed transfer does not look finished later");
    assert!(!received.is_empty() && received.len() <= 300_000);

    let from_byte = received.len() as u64;
    let mut rest = yes(open_from(&hub, "acme/tiny", &commit, WEIGHTS, from_byte).await);
    assert_eq!(rest.from_byte, from_byte);
    received.extend(whole(&mut rest).await);
    assert_eq!(received, weights());
}

#[tokio::test]
async fn a_hub_that_dies_in_mid_transfer_breaks_the_body() {
    let (hub, commit) = hub_with(What::StalledAt { byte: 300_000 }).await;
    let mut body = yes(open_weights(&hub, &commit).await);
    assert!(body.chunk().await.unwrap().is_some());
    hub.go_down().await;
    let (_, end) = receive(&mut body).await;
    assert_eq!(end.unwrap_err().kind, TroubleKind::BrokenBody);
}

#[tokio::test]
async fn a_stalled_transfer_is_given_up() {
    let (hub, commit) = hub_with(What::StalledAt { byte: 300_000 }).await;
    let mut body = yes(open_weights_hastily(&hub, &commit).await);
    let (received, end) = receive(&mut body).await;
    assert_eq!(end.unwrap_err().kind, TroubleKind::Timeout);
    assert_eq!(received.len(), 300_000);
}

#[tokio::test]
async fn a_transfer_in_drops_is_waited_for() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/tiny", WEIGHTS, "0123456789");
    hub.fault(What::Dribble { bytes_per_s: 40 });
    let mut body = yes(open_weights(&hub, &commit).await);
    assert_eq!(whole(&mut body).await, b"0123456789");
}

#[tokio::test]
async fn too_few_or_too_many_bytes_are_no_file_whatever_the_transfer_says() {
    for fault in [What::ShortBy { bytes: 1 }, What::LongBy { bytes: 1 }] {
        let (hub, commit) = hub_with(fault).await;
        let mut body = yes(open_weights(&hub, &commit).await);
        assert_eq!(body.total_bytes, Some(SIZE), "promised on the redirect");
        let (_, end) = receive(&mut body).await;
        assert_eq!(end.unwrap_err().kind, TroubleKind::BrokenBody);
    }
}

#[tokio::test]
async fn a_transfer_without_a_length_is_measured_by_the_promise() {
    let (hub, commit) = hub_with(What::NoLength).await;
    let mut body = yes(open_weights(&hub, &commit).await);
    assert_eq!(body.total_bytes, Some(SIZE));
    assert_eq!(whole(&mut body).await, weights());
}

#[tokio::test]
async fn answers_that_contradict_themselves_are_no_answers() {
    for fault in [
        What::WrongSize { bytes: 999 },
        What::Compressed,
        What::WrongCommit,
        What::RedirectTo("file:///etc/passwd".to_owned()),
        What::RedirectTo("http://".to_owned()),
    ] {
        let (hub, commit) = hub_with(fault.clone()).await;
        let trouble = unknown(open_weights(&hub, &commit).await);
        assert_eq!(trouble.kind, TroubleKind::BadAnswer, "{fault:?}: {trouble}");
        assert_eq!(
            hub.requests().len(),
            if requests_at(&hub, Side::Cdn).is_empty() { 1 } else { 2 }
        );
    }
}

#[tokio::test]
async fn missing_promises_are_missing() {
    let (hub, commit) = hub_with(What::NoHash).await;
    hub.fault(What::NoCommit);
    let body = yes(open_weights(&hub, &commit).await);
    assert_eq!((body.promised_etag, body.commit), (None, None), "the CDN's own ETag is none");
}

#[tokio::test]
async fn a_server_that_ignores_the_range_is_noticed() {
    let (hub, commit) = hub_with(What::IgnoresRange).await;
    let mut body = yes(open_from(&hub, "acme/tiny", &commit, WEIGHTS, 400_000).await);
    assert_eq!(body.from_byte, 0);
    assert_eq!(whole(&mut body).await, weights());

    hub.clear_faults();
    hub.fault(What::WrongRange);
    let trouble = unknown(open_from(&hub, "acme/tiny", &commit, WEIGHTS, 400_000).await);
    assert_eq!(trouble.kind, TroubleKind::BadAnswer);
}

#[tokio::test]
async fn an_expired_address_is_asked_for_anew_twice() {
    for times in [1, 2] {
        let (hub, commit) = hub_with(Fault::new(What::ExpiredUrl).times(times)).await;
        let mut body = yes(open_weights(&hub, &commit).await);
        assert_eq!(whole(&mut body).await, weights());
        assert_eq!(requests_at(&hub, Side::Hub).len() as u64, u64::from(times) + 1);
    }
    let (hub, commit) = hub_with(What::ExpiredUrl).await;
    let trouble = unknown(open_weights(&hub, &commit).await);
    assert_eq!(trouble.kind, TroubleKind::Status(403), "the CDN's no is not the Hub's");
    assert_eq!(requests_at(&hub, Side::Hub).len(), 3);
}

#[tokio::test]
async fn what_the_cdn_does_not_have_may_still_exist() {
    for status in [404, 500, 503] {
        let (hub, commit) = hub_with(Fault::new(What::Status(status)).on(Route::Cdn)).await;
        assert_eq!(unknown(open_weights(&hub, &commit).await).kind, TroubleKind::Status(status));
    }
    let (hub, commit) = hub_with(What::RateLimited { retry_after_s: Some(3) }).await;
    let retry_after = Some(Duration::from_secs(3));
    let trouble = unknown(open_weights(&hub, &commit).await);
    assert_eq!(trouble.kind, TroubleKind::RateLimited { retry_after });
}

#[tokio::test]
async fn silence_before_the_first_byte_is_a_timeout_at_both_origins() {
    for route in [Route::Get, Route::Cdn] {
        let (hub, commit) = hub_with(Fault::new(What::Silent).on(route)).await;
        let trouble = unknown(open_weights_hastily(&hub, &commit).await);
        assert_eq!(trouble.kind, TroubleKind::Timeout);
    }
}

#[tokio::test]
async fn the_credential_goes_to_no_other_origin_and_not_even_back() {
    let (hub, commit) = hub_with(What::NoLength).await;
    let other = FakeHub::start().await;
    hub.clear_faults();
    let (client, file) = (client_of(&hub), path(WEIGHTS));
    let tiny = name("acme/tiny");
    let open = || client.open(MODEL, &tiny, &commit, &file, Some("hf_up"), 0);

    let elsewhere = format!("{}/acme/tiny/resolve/main/x", other.url());
    hub.fault(Fault::new(What::RedirectTo(elsewhere)).on(Route::Get));
    // The other hub's 401 looks like an expired address: three attempts.
    assert_eq!(unknown(open().await).kind, TroubleKind::Status(401));
    assert_eq!(other.requests().len(), 3);
    assert!(other.tokens_seen().is_empty());

    hub.clear_faults();
    hub.forget_requests();
    let back = format!("{}/api/whoami-v2", hub.url());
    hub.fault(Fault::new(What::RedirectTo(back)).on(Route::Cdn));
    let _whatever = open().await;
    let [first, back] = requests_at(&hub, Side::Hub).try_into().unwrap();
    assert_eq!(first.token.as_deref(), Some("hf_up"));
    assert_eq!((back.path.as_str(), back.token), ("/api/whoami-v2", None));
}

#[tokio::test]
async fn main_that_moves_between_two_requests_changes_nothing_about_a_commit() {
    let (hub, commit) = hub_with(Fault::new(What::NoLength).times(0)).await;
    let moves = What::MainMoves { path: WEIGHTS.to_owned(), text: "other".to_owned() };
    hub.fault(Fault::new(moves).on(Route::Get).once());
    let mut body = yes(open_weights(&hub, &commit).await);
    assert_eq!(whole(&mut body).await, weights());
    assert_ne!(hub.repo("acme/tiny").head(), commit);
}
