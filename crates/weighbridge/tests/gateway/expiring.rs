//! What ends is told ahead and when it has ended: once, whoever looks and whatever was down.

use std::time::Duration;

use weighbridge_domain::{Role, Topic};
use weighbridge_engine::{NewBreakGlass, NewWaiver, NewWebhook};
use weighbridge_testkit::{FakeHub, Receiver, TestApp};

use crate::gateway;

const DAY: Duration = Duration::from_hours(24);

async fn listening() -> (FakeHub, TestApp, Receiver) {
    let (hub, app) = gateway().await;
    let receiver = Receiver::start().await;
    let (name, topics) = ("calendar".to_owned(), vec![Topic::Expiring]);
    let new = NewWebhook { name, url: receiver.url(), topics };
    app.engine.add_webhook(&app.admin(), new).await.unwrap();
    (hub, app, receiver)
}

async fn waived(app: &TestApp, days: u32) -> String {
    let cleo = app.person("cleo", Role::ComplianceReviewer, "dev");
    let new = NewWaiver {
        rule: "licence-unknown".to_owned(),
        pattern: "acme/*".parse().unwrap(),
        environment: "production".parse().unwrap(),
        because: "its authors are asked".to_owned(),
        expires_at: app.engine.settings().clock.now().plus(DAY * days),
    };
    app.engine.grant_waiver(&cleo, new).await.unwrap().id
}

/// Kinds and ids of what the receiver was told.
async fn told(app: &TestApp, receiver: &Receiver) -> Vec<String> {
    app.engine.tell_now().await.unwrap();
    let told = receiver.got().into_iter().map(|message| {
        let event = message.json();
        assert_eq!(event["topics"].as_str().unwrap().split(',').next_back(), Some("expiring"));
        let kind = event["type"].as_str().unwrap().trim_start_matches("weighbridge.").to_owned();
        format!(
            "{kind} {}",
            event["data"]["body"]["expires_at"].as_str().unwrap().replace(".000000", "")
        )
    });
    told.collect()
}

#[tokio::test]
async fn a_waiver_that_ends_is_told_ahead_and_when_it_has_ended_also_after_a_stop() {
    let (_hub, app, receiver) = listening().await;
    let (revoked, _) = (waived(&app, 40).await, waived(&app, 40).await);
    app.engine.revoke_waiver(&app.admin(), &revoked).await.unwrap();
    app.advance(DAY * 25);
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 0, "15 days are left");
    app.advance(DAY * 2);
    let (one, other) = tokio::join!(app.engine.look_at_the_clock(), app.engine.look_at_the_clock());
    assert_eq!(one.unwrap() + other.unwrap(), 1, "two replicas look at the same moment");
    assert_eq!(told(&app, &receiver).await, ["waiver.expiring 2026-07-11T12:00:00Z"]);

    // Nobody was there when it ended.
    app.advance(DAY * 30);
    let app = app.restarted().await;
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 1);
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 0);
    let told = told(&app, &receiver).await;
    assert_eq!(told[1..], ["waiver.expired 2026-07-11T12:00:00Z"]);
}

#[tokio::test]
async fn a_short_waiver_is_told_halfway_and_one_that_is_over_only_as_over() {
    let (_hub, app, receiver) = listening().await;
    waived(&app, 4).await;
    app.advance(DAY);
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 0, "it has just been granted");
    app.advance(DAY);
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 1);
    waived(&app, 1).await;
    app.advance(DAY);
    let app = app.restarted().await;
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 1);
    // Messages travel side by side: which comes first is nobody's promise.
    let mut told = told(&app, &receiver).await;
    told.sort();
    assert_eq!(
        told,
        ["waiver.expired 2026-06-04T12:00:00Z", "waiver.expiring 2026-06-05T12:00:00Z"]
    );
}

#[tokio::test]
async fn a_break_glass_that_nobody_looked_at_is_told_when_its_time_is_over_also_after_a_stop() {
    let (_hub, app, receiver) = listening().await;
    let new = NewBreakGlass {
        pattern: "acme/*".parse().unwrap(),
        environment: "production".parse().unwrap(),
        because: "customers wait".to_owned(),
        hours: 4,
    };
    let dana = app.person("dana", Role::Developer, "dev");
    let glass = app.engine.open_break_glass(&dana, new).await.unwrap();
    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    app.engine.confirm_break_glass(&sam, &glass.id).await.unwrap();
    assert!(told(&app, &receiver).await.is_empty());
    app.advance(DAY);
    let app = app.restarted().await;
    let once = ["break-glass.expired 2026-06-01T16:00:00Z"];
    assert_eq!(told(&app, &receiver).await, once);
    assert_eq!(told(&app, &receiver).await, once);
}
