//! Webhooks: what happens reaches its receivers, signed, at least once, and nobody twice at the same time.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use weighbridge_domain::Topic;
use weighbridge_engine::{DeliveryState, NewWebhook, WebhookError};
use weighbridge_testkit::{Message, Receiver, TestApp};

/// HMAC-SHA256 by its definition (RFC 2104), so that it is not ours that says ours is right.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64);
    let pad = |with: u8| -> Vec<u8> {
        (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect()
    };
    let inner = Sha256::digest([pad(0x36), text.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}

fn is_signed(message: &Message, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let (id, at) = (message.header("webhook-id"), message.header("webhook-timestamp"));
    let text = [format!("{id}.{at}.").as_bytes(), &message.body].concat();
    let expected = format!("v1,{}", STANDARD.encode(hmac(&key, &text)));
    message.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

async fn with_receiver(topics: &[Topic]) -> (TestApp, Receiver, String) {
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |_| {}).await;
    let receiver = Receiver::start().await;
    let new = NewWebhook { name: "chat".to_owned(), url: receiver.url(), topics: topics.to_vec() };
    let (_, secret) = app.engine.add_webhook(&app.admin(), new).await.unwrap();
    (app, receiver, secret.reveal())
}

async fn reserve(app: &TestApp, name: &str) {
    let pattern = format!("{name}/*").parse().unwrap();
    app.engine.reserve_name(&app.admin(), pattern, "ours").await.unwrap();
}

/// Past every pause between two attempts.
fn later(app: &TestApp) {
    app.advance(Duration::from_hours(30));
}

#[tokio::test]
async fn an_event_reaches_its_receiver_signed_as_a_cloud_event() {
    let (app, receiver, secret) = with_receiver(&[Topic::Administration]).await;
    app.engine.tell_now().await.unwrap();
    reserve(&app, "acme").await;
    app.engine.tell_now().await.unwrap();
    app.engine.tell_now().await.unwrap();

    let got = receiver.got();
    let kinds: Vec<_> = got.iter().map(|message| message.json()["type"].clone()).collect();
    assert_eq!(kinds, ["weighbridge.webhook.added", "weighbridge.name.reserved"]);
    assert!(got.iter().all(|message| is_signed(message, &secret)));
    assert!(!is_signed(&got[1], "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    let event = got[1].json();
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["id"], got[1].header("webhook-id"));
    assert_eq!(event["source"], "weighbridge.test/log");
    assert_eq!(event["topics"], "administration");
    let entries = app.engine.list_last_entries(1).await.unwrap();
    assert_eq!(event["data"]["position"], entries[0].position);
    assert_eq!(event["data"]["leaf"], entries[0].leaf.to_string());
    assert_eq!(event["data"]["body"]["pattern"], "acme/*");
    let kind = got[1].header("content-type");
    assert_eq!(kind, "application/cloudevents+json; charset=utf-8");
}

#[tokio::test]
async fn what_nobody_chose_is_not_told() {
    let (app, receiver, _) = with_receiver(&[Topic::Decided, Topic::Alarm]).await;
    reserve(&app, "acme").await;
    app.token("ci", "dev", &[]).await;
    app.engine.tell_now().await.unwrap();
    assert_eq!(receiver.got().len(), 0);
}

#[tokio::test]
async fn a_message_that_was_not_taken_comes_again_later_as_the_same_message() {
    let (app, receiver, secret) = with_receiver(&[Topic::Administration]).await;
    app.engine.tell_now().await.unwrap();
    receiver.answer_next(500);
    receiver.answer_next_with(302, "location", "http://127.0.0.1:9/elsewhere");
    receiver.answer_next_with(429, "retry-after", "7200");
    reserve(&app, "acme").await;
    app.engine.tell_now().await.unwrap();
    assert_eq!(receiver.got().len(), 2);
    app.engine.tell_now().await.unwrap();
    assert_eq!(receiver.got().len(), 2, "not before its pause is over");
    app.advance(Duration::from_secs(7));
    app.engine.tell_now().await.unwrap();
    app.advance(Duration::from_mins(7));
    app.engine.tell_now().await.unwrap();
    assert_eq!(receiver.got().len(), 4);
    let waits = app.engine.list_deliveries("chat", u64::MAX, 1).await.unwrap().remove(0);
    assert_eq!((waits.state, waits.attempts, waits.status), (DeliveryState::Waiting, 3, Some(429)));
    app.advance(Duration::from_mins(100));
    app.engine.tell_now().await.unwrap();
    assert_eq!(receiver.got().len(), 4, "the receiver asked for two hours");
    app.advance(Duration::from_mins(21));
    app.engine.tell_now().await.unwrap();

    let got = receiver.got();
    assert_eq!(got.len(), 5);
    for message in &got[2..] {
        assert_eq!(message.header("webhook-id"), got[1].header("webhook-id"));
        assert_eq!(message.body, got[1].body);
        assert!(is_signed(message, &secret));
    }
    assert_ne!(got[4].header("webhook-timestamp"), got[1].header("webhook-timestamp"));
    let done = app.engine.list_deliveries("chat", u64::MAX, 1).await.unwrap().remove(0);
    assert_eq!((done.state, done.attempts), (DeliveryState::Delivered, 4));
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up_visibly_after_days() {
    let (app, receiver, _) = with_receiver(&[Topic::Administration]).await;
    drop(receiver);
    let mut tries = 0;
    loop {
        app.engine.tell_now().await.unwrap();
        let delivery = app.engine.list_deliveries("chat", u64::MAX, 1).await.unwrap().remove(0);
        tries += 1;
        assert_eq!(delivery.attempts, tries);
        if delivery.state == DeliveryState::Dead {
            assert!(delivery.trouble.unwrap().contains("no answer from 127.0.0.1"));
            break;
        }
        later(&app);
    }
    assert_eq!(tries, 10);
    let report = app.engine.list_webhooks().await.unwrap().remove(0);
    assert_eq!((report.waiting, report.dead), (0, 1));
}

#[tokio::test]
async fn a_receiver_that_says_it_is_gone_is_told_nothing_more() {
    let (app, receiver, _) = with_receiver(&[Topic::Administration]).await;
    receiver.answer_next(410);
    app.engine.tell_now().await.unwrap();
    reserve(&app, "acme").await;
    app.engine.tell_now().await.unwrap();
    assert_eq!(receiver.got().len(), 1);
    let report = app.engine.list_webhooks().await.unwrap().remove(0);
    assert!(report.row.disabled_because.unwrap().contains("410"));
    let entries = app.engine.list_last_entries(2).await.unwrap();
    assert_eq!(entries[0].kind, "webhook.changed");

    // Somebody enables it again: from then on it is told, of nothing before.
    app.engine.enable_webhook(&app.admin(), "chat", true).await.unwrap();
    app.engine.tell_now().await.unwrap();
    let got = receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!(got[1].json()["data"]["body"]["change"], "enabled");
}

#[tokio::test]
async fn nothing_is_lost_when_everything_stops_between_the_change_and_its_message() {
    let (app, receiver, secret) = with_receiver(&[Topic::Administration]).await;
    reserve(&app, "acme").await;
    let app = app.restarted().await;
    app.engine.tell_now().await.unwrap();
    assert_eq!(receiver.got().len(), 2);
    assert!(receiver.got().iter().all(|message| is_signed(message, &secret)));
}

#[tokio::test]
async fn two_replicas_do_not_tell_the_same_at_the_same_time() {
    let (app, receiver, _) = with_receiver(&[Topic::Administration]).await;
    for number in 0..20 {
        reserve(&app, &format!("acme{number}")).await;
    }
    let other = weighbridge_engine::Engine::open(app.engine.settings().clone()).await.unwrap();
    let (one, two) = tokio::join!(app.engine.tell_now(), other.tell_now());
    one.unwrap();
    two.unwrap();
    let mut ids: Vec<String> =
        receiver.got().iter().map(|message| message.header("webhook-id").to_owned()).collect();
    ids.sort();
    let all = ids.len();
    ids.dedup();
    assert_eq!((ids.len(), all), (21, 21));
}

#[tokio::test]
async fn for_a_day_after_a_rotation_both_secrets_sign() {
    let (app, receiver, old) = with_receiver(&[Topic::Administration]).await;
    let (_, new) = app.engine.rotate_webhook(&app.admin(), "chat").await.unwrap();
    app.engine.tell_now().await.unwrap();
    app.advance(Duration::from_hours(25));
    reserve(&app, "acme").await;
    app.engine.tell_now().await.unwrap();
    let got = receiver.got();
    let (during, after) = (got.first().unwrap(), got.last().unwrap());
    assert!(is_signed(during, &old) && is_signed(during, &new.reveal()));
    assert!(!is_signed(after, &old) && is_signed(after, &new.reveal()));
}

#[tokio::test]
async fn a_test_says_at_once_what_came_back() {
    let (app, receiver, secret) = with_receiver(&[Topic::Decided]).await;
    let taken = app.engine.test_webhook("chat").await.unwrap();
    assert_eq!((taken.status, taken.trouble), (Some(204), None));
    let message = receiver.got().remove(0);
    assert_eq!(message.json()["type"], "weighbridge.webhook.test");
    assert!(is_signed(&message, &secret));
    receiver.answer_next(503);
    let refused = app.engine.test_webhook("chat").await.unwrap();
    assert_eq!(refused.trouble.as_deref(), Some("it answered 503"));
}

#[tokio::test]
async fn messages_do_not_go_where_only_we_can_reach_unless_the_operator_says_so() {
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |settings| {
        settings.outgoing.allowed = Vec::new();
    })
    .await;
    let receiver = Receiver::start().await;
    let add = async |name: &str, url: &str| {
        let new = NewWebhook { name: name.to_owned(), url: url.to_owned(), topics: Vec::new() };
        app.engine.add_webhook(&app.admin(), new).await.map(drop)
    };
    for url in [
        receiver.url().as_str(),
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/",
        "https://0x7f.1/",
        "http://8.8.8.8/",
        "ftp://hooks.example/",
        "https://user:secret@hooks.example/",
    ] {
        let refused = add("x", url).await.unwrap_err();
        assert!(matches!(refused, WebhookError::BadUrl(_)), "{url}: {refused}");
        assert!(!refused.to_string().contains("secret"));
    }
    // A name is looked at when it is resolved.
    let port = receiver.url().rsplit(':').next().unwrap().to_owned();
    add("name", &format!("http://localhost:{port}")).await.unwrap();
    let report = app.engine.test_webhook("name").await.unwrap();
    let trouble = report.trouble.unwrap();
    assert!(trouble.contains("is a local address"), "{trouble}");
    assert_eq!(receiver.got().len(), 0);
}
