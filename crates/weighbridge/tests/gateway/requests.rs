//! The life of a request: from a refused pull to an approval that ends.

use std::time::Duration;

use http::StatusCode;
use weighbridge_domain::{Affected, DataClass, RequestState, RiskAnswers, Role, Tier, VoteError};
use weighbridge_engine::{Ask, NewAnswer, NewRequest, NewWaiver, RequestError, WaiverError};
use weighbridge_testkit::TestApp;

use crate::gateway;
use crate::samples::safetensors;

pub(crate) fn request(reference: &str) -> NewRequest {
    NewRequest {
        ask: Ask::parse(reference).unwrap(),
        environment: "production".parse().unwrap(),
        because: "the summariser of the support team".to_owned(),
        risk: RiskAnswers {
            affected: Some(Affected::Team),
            ..RiskAnswers::about(DataClass::Internal)
        },
    }
}

pub(crate) fn yes() -> NewAnswer {
    NewAnswer {
        is_yes: true,
        comment: "looked at it".to_owned(),
        expires_at: None,
        conditions: String::new(),
    }
}

/// Waits until every file of a requested revision is here and examined.
pub(crate) async fn here_whole(app: &TestApp, id: &str) {
    let auditor = app.person("audrey", Role::Auditor, "production");
    while app.engine.show_request(&auditor, id).await.unwrap().files.missing > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_refused_pull_is_allowed_after_every_review_and_until_the_approval_ends() {
    let (hub, app) = gateway().await;
    hub.repo("acme/tiny").licence("apache-2.0");
    let weights = safetensors(200_000);
    let commit = hub.publish("acme/tiny", "model.safetensors", &weights);
    app.advance(Duration::from_hours(24 * 30));
    let token = app.token("ci", "production", &[]).await;
    let path = format!("/acme/tiny/resolve/{commit}/model.safetensors");
    let held = app.get_as(&token, &path).await;
    assert!(held.summary().contains("approval-required"), "{}", held.summary());

    let dana = app.person("dana", Role::Developer, "dev");
    let made = app.engine.request_use(&dana, request("acme/tiny@main")).await.unwrap();
    let id = made.row.id.clone();
    assert_eq!(made.row.lane, "full");
    here_whole(&app, &id).await;

    for (name, role) in [
        ("sam", Role::SecurityReviewer),
        ("cleo", Role::ComplianceReviewer),
        ("ann", Role::Approver),
    ] {
        let held = app.get_as(&token, &path).await;
        assert_eq!(held.status, StatusCode::FORBIDDEN, "{}", held.summary());
        let by = app.person(name, role, "production");
        app.engine.answer_request(&by, &id, yes()).await.unwrap();
    }
    let approved = app.engine.show_request(&dana, &id).await.unwrap();
    assert_eq!(approved.row.request.state, RequestState::Approved);
    assert_eq!(approved.row.manifest, approved.revision.manifest);
    // The second answer is a prepared one.
    for _ in 0..2 {
        let got = app.get_as(&token, &path).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.summary());
        assert!(got.body == weights, "other bytes");
    }
    let elsewhere = app.get(&format!("/env/staging{path}")).await;
    assert_ne!(elsewhere.status, StatusCode::OK, "an approval is for one environment");

    app.advance(Duration::from_hours(24 * 181));
    let ended = app.get_as(&token, &path).await;
    assert!(ended.summary().contains("approval-required"), "{}", ended.summary());
    assert!(ended.summary().contains("what approved it ended on"), "{}", ended.summary());
}

#[tokio::test]
async fn a_new_revision_needs_an_approval_of_its_own() {
    let (hub, app) = gateway().await;
    hub.repo("acme/tiny").licence("apache-2.0");
    hub.publish("acme/tiny", "config.json", "{}");
    let (source, pattern) = ("hub".parse().unwrap(), "acme/*".parse().unwrap());
    app.engine.set_source_pattern(&app.admin(), &source, pattern, Tier::PreApproved).await.unwrap();
    app.advance(Duration::from_hours(24 * 30));
    let token = app.token("ci", "production", &[]).await;
    let dana = app.person("dana", Role::Developer, "dev");
    let made = app.engine.request_use(&dana, request("acme/tiny")).await.unwrap();
    assert_eq!(made.row.lane, "short");
    here_whole(&app, &made.row.id).await;
    for (name, role) in [("sam", Role::SecurityReviewer), ("ann", Role::Approver)] {
        let by = app.person(name, role, "production");
        app.engine.answer_request(&by, &made.row.id, yes()).await.unwrap();
    }
    assert_eq!(app.get_as(&token, "/api/models/acme/tiny").await.status, StatusCode::OK);

    hub.publish("acme/tiny", "config.json", r#"{"a":1}"#);
    app.advance(Duration::from_hours(24 * 30));
    let moved = app.get_as(&token, "/api/models/acme/tiny").await;
    assert!(moved.summary().contains("approval-required"), "{}", moved.summary());
}

#[tokio::test]
async fn nobody_says_yes_to_bytes_that_are_not_here_and_one_no_ends_it() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "model.safetensors", safetensors(200_000));
    let dana = app.person("dana", Role::Developer, "dev");
    let sam = app.person("sam", Role::SecurityReviewer, "production");
    let fault = weighbridge_testkit::Fault::new(weighbridge_testkit::What::Status(503));
    hub.fault(fault.file("model.safetensors"));
    let made = app.engine.request_use(&dana, request("acme/tiny")).await.unwrap();
    let early = app.engine.answer_request(&sam, &made.row.id, yes()).await.unwrap_err();
    assert!(matches!(early, RequestError::Incomplete { missing: 1, files: 1 }), "{early}");

    let twice = app.engine.request_use(&dana, request("acme/tiny")).await.unwrap_err();
    assert!(matches!(twice, RequestError::AlreadyOpen(id) if id == made.row.id));
    let no = NewAnswer { is_yes: false, ..yes() };
    let rejected = app.engine.answer_request(&sam, &made.row.id, no.clone()).await.unwrap();
    assert_eq!(rejected.row.request.state, RequestState::Rejected);
    let late = app.engine.answer_request(&sam, &made.row.id, no).await.unwrap_err();
    assert!(matches!(late, RequestError::Vote(VoteError::NotOpen(_))), "{late}");
}

#[tokio::test]
async fn a_request_is_for_its_own_people_to_know_and_to_withdraw() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "config.json", "{}");
    let dana = app.person("dana", Role::Developer, "dev");
    let eve = app.person("eve", Role::Developer, "dev");
    let made = app.engine.request_use(&dana, request("acme/tiny")).await.unwrap();
    let id = made.row.id.as_str();
    let hidden = app.engine.show_request(&eve, id).await.unwrap_err();
    assert!(matches!(hidden, RequestError::NoSuchRequest(_)), "{hidden}");
    let filter = weighbridge_engine::RequestFilter::default();
    assert!(app.engine.list_requests(&eve, &filter, None, 9).await.unwrap().is_empty());
    assert_eq!(app.engine.list_requests(&dana, &filter, None, 9).await.unwrap().len(), 1);
    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    let refused = app.engine.withdraw_request(&sam, id).await.unwrap_err();
    assert!(matches!(refused, RequestError::NotYours(_)), "{refused}");
    let taken_back = app.engine.withdraw_request(&dana, id).await.unwrap();
    assert_eq!(taken_back.row.request.state, RequestState::Withdrawn);
    let machine = app.person("ci", Role::Reader, "dev");
    let refused = app.engine.request_use(&machine, request("acme/tiny")).await.unwrap_err();
    assert!(matches!(refused, RequestError::MayNotAsk(Role::Reader)), "{refused}");
}

#[tokio::test]
async fn a_waiver_sets_one_rule_aside_until_it_ends_and_says_so() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "config.json", "{}");
    hub.publish("other/tiny", "config.json", "{}");
    app.advance(Duration::from_hours(24 * 30));
    let token = app.token("ci", "production", &[]).await;
    let refusal = async |owner: &str| {
        app.get_as(&token, &format!("/api/models/{owner}/tiny")).await.summary()
    };
    let objects = async |owner: &str| refusal(owner).await.contains("licence-unknown");
    let new = |rule: &str| NewWaiver {
        rule: rule.to_owned(),
        pattern: "acme/*".parse().unwrap(),
        environment: "production".parse().unwrap(),
        because: "its authors are asked".to_owned(),
        expires_at: app.engine.settings().clock.now().plus(Duration::from_hours(24)),
    };
    assert!(objects("acme").await && objects("other").await);

    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    let cleo = app.person("cleo", Role::ComplianceReviewer, "dev");
    let other_role = app.engine.grant_waiver(&sam, new("licence-unknown")).await.unwrap_err();
    assert!(matches!(other_role, WaiverError::NotYourRule { .. }), "{other_role}");
    for rule in ["finding-dangerous", "approval-required", "no-such-rule"] {
        let never = app.engine.grant_waiver(&sam, new(rule)).await.unwrap_err();
        assert!(matches!(never, WaiverError::NotWaivable(_)), "{rule}: {never}");
    }
    let waiver = app.engine.grant_waiver(&cleo, new("licence-unknown")).await.unwrap();
    assert!(!objects("acme").await && objects("other").await, "{}", refusal("acme").await);
    assert!(refusal("acme").await.contains("approval-required"), "another rule still holds");
    let why = "/api/v1/why?ref=acme/tiny&environment=production";
    let why = app.get_as(&token, why).await.json().to_string();
    assert!(why.contains("waived by cleo until"), "{why}");

    app.engine.revoke_waiver(&cleo, &waiver.id).await.unwrap();
    assert!(objects("acme").await);
    app.engine.grant_waiver(&cleo, new("licence-unknown")).await.unwrap();
    assert!(!objects("acme").await);
    app.advance(Duration::from_hours(25));
    assert!(objects("acme").await);
}
