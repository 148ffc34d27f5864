//! Break-glass: rules lifted in an emergency, loudly, for hours, until somebody else has looked at it.

use std::time::Duration;

use http::StatusCode;
use weighbridge_domain::{BreakGlassRule, BreakGlassState, Role, Topic};
use weighbridge_engine::{BreakGlassError, NewBreakGlass, NewWebhook};
use weighbridge_testkit::{FakeHub, Receiver, TestApp};

use crate::gateway;
use crate::samples::safetensors;

const PATH: &str = "/acme/tiny/resolve/main/model.safetensors";

fn emergency(hours: u64) -> NewBreakGlass {
    NewBreakGlass {
        pattern: "acme/*".parse().unwrap(),
        environment: "production".parse().unwrap(),
        because: "the summariser is down and customers wait".to_owned(),
        hours,
    }
}

async fn with_weights() -> (FakeHub, TestApp, String) {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "model.safetensors", safetensors(200_000));
    hub.publish("other/tiny", "model.safetensors", safetensors(100_000));
    let token = app.token("ci", "production", &[]).await;
    (hub, app, token)
}

async fn pinned(app: &TestApp, token: &str, path: &str) -> weighbridge_testkit::Answer {
    let first = app.get_as(token, path).await;
    match first.header("location") {
        "" => first,
        place => {
            let place = place.trim_start_matches("http://gate.test").to_owned();
            app.get_as(token, &place).await
        }
    }
}

#[tokio::test]
async fn two_people_lift_the_rules_for_hours_and_it_stays_listed_until_it_is_reviewed() {
    let (_hub, app, token) = with_weights().await;
    let receiver = Receiver::start().await;
    let topics = vec![Topic::BreakGlass];
    let new = NewWebhook { name: "pager".to_owned(), url: receiver.url(), topics };
    app.engine.add_webhook(&app.admin(), new).await.unwrap();
    let refused = pinned(&app, &token, PATH).await;
    assert!(refused.summary().contains("approval-required"), "{}", refused.summary());

    let dana = app.person("dana", Role::Developer, "dev");
    let glass = app.engine.open_break_glass(&dana, emergency(4)).await.unwrap();
    let waiting = pinned(&app, &token, PATH).await;
    assert_eq!(waiting.status, StatusCode::FORBIDDEN, "one person is not enough");
    let own = app.engine.confirm_break_glass(&dana, &glass.id).await.unwrap_err();
    assert!(matches!(own, BreakGlassError::Rule(BreakGlassRule::Own)), "{own}");
    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    app.engine.confirm_break_glass(&sam, &glass.id).await.unwrap();

    // The second answer is a prepared one.
    for _ in 0..2 {
        let served = pinned(&app, &token, PATH).await;
        assert_eq!(served.status, StatusCode::OK, "{}", served.summary());
        let warning = served.header("x-hf-warning");
        assert!(warning.contains("break-glass") && warning.contains(&glass.id), "{warning}");
    }
    let elsewhere = pinned(&app, &token, "/other/tiny/resolve/main/model.safetensors").await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN, "other artifacts are not meant");
    let why = "/api/v1/why?ref=acme/tiny&environment=production";
    let why = app.get_as(&token, why).await.json();
    assert_eq!(why["outcome"], "allow", "{why}");
    assert!(why.to_string().contains("lifted by break-glass"), "{why}");
    let status = app.get_as(&token, "/api/v1/status").await.json();
    assert_eq!(status["break_glass"][0]["state"], "open", "{status}");

    app.advance(Duration::from_hours(4));
    let ended = pinned(&app, &token, PATH).await;
    assert!(ended.summary().contains("approval-required"), "{}", ended.summary());
    app.engine.tell_now().await.unwrap();
    let status = app.get_as(&token, "/api/v1/status").await.json();
    assert_eq!(status["break_glass"][0]["state"], "needs-review", "{status}");

    let review = "one model, by a known publisher; asked for properly now";
    let own = app.engine.close_break_glass(&dana, &glass.id, review).await.unwrap_err();
    assert!(matches!(own, BreakGlassError::Rule(BreakGlassRule::Own)), "{own}");
    let closed = app.engine.close_break_glass(&sam, &glass.id, review).await.unwrap();
    let now = app.engine.settings().clock.now();
    assert_eq!(closed.glass.state(now), BreakGlassState::Closed);
    let status = app.get_as(&token, "/api/v1/status").await.json();
    assert_eq!(status["break_glass"].as_array().unwrap().len(), 0, "{status}");
    app.engine.tell_now().await.unwrap();
    // Several are under way at once, so they may arrive in any order.
    let told = receiver.got();
    let mut told: Vec<_> = told.iter().map(|message| message.json()["type"].to_string()).collect();
    told.sort();
    let kinds = ["asked", "closed", "expired", "opened"];
    assert_eq!(told, kinds.map(|kind| format!("\"weighbridge.break-glass.{kind}\"")));
}

#[tokio::test]
async fn a_decision_made_under_break_glass_is_replayed_from_its_facts() {
    let (_hub, app, token) = with_weights().await;
    let dana = app.person("dana", Role::Developer, "dev");
    let glass = app.engine.open_break_glass(&dana, emergency(1)).await.unwrap();
    app.engine.confirm_break_glass(&app.admin(), &glass.id).await.unwrap();
    assert_eq!(pinned(&app, &token, PATH).await.status, StatusCode::OK);
    let why = "/api/v1/why?ref=acme/tiny&environment=production";
    let why = app.get_as(&token, why).await.json();
    let id = why["decision"]["id"]
        .as_str()
        .or(why["id"].as_str())
        .unwrap_or_else(|| panic!("the explanation names its decision: {why}"));
    let path = format!("/api/v1/decisions/{id}/replay");
    app.advance(Duration::from_hours(24 * 90));
    let replayed = app.get_as(&token, &path).await.json();
    assert_eq!(replayed["is_same"], true, "{replayed}");
    let decision = app.get_as(&token, &format!("/api/v1/decisions/{id}")).await.json();
    assert_eq!(decision["outcome"], "allow", "{decision}");
    assert!(decision.to_string().contains(&glass.id), "{decision}");
}

#[tokio::test]
async fn what_acts_on_whoever_loads_it_is_never_let_through() {
    let (hub, app) = gateway().await;
    let pickle = b"cposix\nsystem\n(S'echo weighed'\ntR.";
    hub.publish("acme/evil", "pytorch_model.bin", pickle);
    let token = app.token("ci", "production", &[]).await;
    let dana = app.person("dana", Role::Developer, "dev");
    let glass = app.engine.open_break_glass(&dana, emergency(4)).await.unwrap();
    app.engine.confirm_break_glass(&app.admin(), &glass.id).await.unwrap();
    let refused = pinned(&app, &token, "/acme/evil/resolve/main/pytorch_model.bin").await;
    assert_ne!(refused.status, StatusCode::OK);
    assert!(refused.body.as_ref() != pickle);
    let again = pinned(&app, &token, "/acme/evil/resolve/main/pytorch_model.bin").await;
    assert!(again.summary().contains("finding-dangerous"), "{}", again.summary());
}

#[tokio::test]
async fn one_person_is_enough_where_that_is_configured_and_then_it_is_an_alarm() {
    let hub = FakeHub::start().await;
    hub.publish("acme/tiny", "model.safetensors", safetensors(1_000));
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |settings| {
        settings.break_glass.two_persons = false;
        settings.break_glass.longest = Duration::from_hours(2);
    })
    .await;
    app.add_source("hub", &hub.url(), weighbridge_domain::Tier::Conditional).await;
    let token = app.token("ci", "production", &[]).await;
    let dana = app.person("dana", Role::Developer, "dev");
    let alone = app.engine.open_break_glass(&dana, emergency(1)).await.unwrap_err();
    assert!(matches!(alone, BreakGlassError::Rule(BreakGlassRule::NotAlone(_))), "{alone}");
    let ann = app.person("ann", Role::Approver, "production");
    for hours in [0, 3] {
        let long = app.engine.open_break_glass(&ann, emergency(hours)).await.unwrap_err();
        assert!(matches!(long, BreakGlassError::TooLong { longest: 2 }), "{long}");
    }
    app.engine.open_break_glass(&ann, emergency(2)).await.unwrap();
    assert_eq!(pinned(&app, &token, PATH).await.status, StatusCode::OK);
    let entries = app.engine.list_entries(0, 500).await.unwrap();
    let opened = entries.iter().find(|entry| entry.kind == "break-glass.opened").unwrap();
    assert!(opened.body.contains("\"confirmed_by\":null"), "{}", opened.body);
}
