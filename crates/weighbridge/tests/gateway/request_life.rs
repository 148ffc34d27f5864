//! What happens between the question and the answer: people talk, parts change hands, time passes.

use std::time::Duration;

use weighbridge_domain::{Role, VoteError};
use weighbridge_engine::{NewToken, RequestError, RequestFilter, Say};
use weighbridge_testkit::{FakeHub, TestApp};

use crate::gateway;
use crate::requests::{here_whole, request, yes};

const HOUR: Duration = Duration::from_hours(1);

async fn requested() -> (FakeHub, TestApp, String) {
    let (hub, app) = gateway().await;
    hub.repo("acme/tiny").licence("apache-2.0");
    hub.publish("acme/tiny", "config.json", "{}");
    let dana = app.person("dana", Role::Developer, "dev");
    let made = app.engine.request_use(&dana, request("acme/tiny")).await.unwrap();
    here_whole(&app, &made.row.id).await;
    (hub, app, made.row.id)
}

/// The kinds of entries about requests and approvals, the oldest first.
async fn told(app: &TestApp) -> Vec<String> {
    let entries = app.engine.list_entries(0, 10_000).await.unwrap();
    let kinds = entries.into_iter().map(|entry| entry.kind);
    kinds.filter(|kind| kind.starts_with("request.") || kind.starts_with("approval.")).collect()
}

async fn hired(app: &TestApp, name: &str, role: Role) {
    let new = NewToken {
        name: name.to_owned(),
        role,
        environment: "production".parse().unwrap(),
        entitled_to: Vec::new(),
        expires_at: None,
    };
    app.engine.create_token(&app.admin(), new).await.unwrap();
}

#[tokio::test]
async fn a_question_waits_for_whoever_asked_and_the_reply_lets_it_go_on() {
    let (_hub, app, id) = requested().await;
    let dana = app.person("dana", Role::Developer, "dev");
    let eve = app.person("eve", Role::Developer, "dev");
    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    let hidden = app.engine.say_on_request(&eve, &id, Say::Comment, "me too").await.unwrap_err();
    assert!(matches!(hidden, RequestError::NoSuchRequest(_)), "{hidden}");
    let machine = app.person("audrey", Role::Auditor, "dev");
    let refused = app.engine.say_on_request(&machine, &id, Say::Comment, "x").await.unwrap_err();
    assert!(matches!(refused, RequestError::MayNotAsk(_)), "an auditor changes nothing: {refused}");

    app.engine.say_on_request(&sam, &id, Say::Question, "which tickets?").await.unwrap();
    let held = app.engine.answer_request(&sam, &id, yes()).await.unwrap_err();
    assert!(matches!(held, RequestError::Vote(VoteError::QuestionOpen { .. })), "{held}");
    let mine = RequestFilter { mine: true, ..RequestFilter::default() };
    assert!(app.engine.list_requests(&sam, &mine, None, 9).await.unwrap().is_empty());
    app.advance(HOUR * 1_000);
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 0, "dana has to reply first");
    app.engine.say_on_request(&dana, &id, Say::Reply, "all of them").await.unwrap();
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 0);
    assert_eq!(app.engine.list_requests(&sam, &mine, None, 9).await.unwrap().len(), 1);
    let shown = app.engine.answer_request(&sam, &id, yes()).await.unwrap();
    let said: Vec<_> = shown.notes.iter().map(|note| (&*note.kind, &*note.text)).collect();
    assert_eq!(said, [("question", "which tickets?"), ("reply", "all of them")]);
    let kinds = ["request.made", "request.questioned", "request.replied", "request.answered"];
    assert_eq!(told(&app).await, kinds);
}

#[tokio::test]
async fn a_part_is_given_to_a_person_of_its_role_and_late_parts_are_escalated_once() {
    let (_hub, app, id) = requested().await;
    for (name, role) in [("sam", Role::SecurityReviewer), ("ann", Role::Approver)] {
        hired(&app, name, role).await;
    }
    let sue = app.person("sue", Role::SecurityReviewer, "dev");
    let role = Role::SecurityReviewer;
    for stranger in ["ann", "nobody"] {
        let given = app.engine.reassign_request(&sue, &id, role, stranger, "holidays").await;
        let refused = given.unwrap_err();
        assert!(matches!(refused, RequestError::NoSuchPerson { .. }), "{refused}");
    }
    app.engine.reassign_request(&sue, &id, role, "sam", "knows it").await.unwrap();
    let refused = app.engine.answer_request(&sue, &id, yes()).await.unwrap_err();
    assert!(matches!(refused, RequestError::Vote(VoteError::Assigned { .. })), "{refused}");

    let late = RequestFilter { overdue: true, ..RequestFilter::default() };
    assert!(app.engine.list_requests(&sue, &late, None, 9).await.unwrap().is_empty());
    app.advance(HOUR * 49);
    assert_eq!(app.engine.list_requests(&sue, &late, None, 9).await.unwrap().len(), 1);
    // Two replicas look at the same moment.
    let (one, other) = tokio::join!(app.engine.look_at_the_clock(), app.engine.look_at_the_clock());
    assert_eq!(one.unwrap() + other.unwrap(), 2, "late, and escalated: once");
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 0);
    let kinds = ["request.made", "request.reassigned", "request.overdue", "request.escalated"];
    assert_eq!(told(&app).await, kinds);
    // Whoever of the role has time may answer now.
    let shown = app.engine.answer_request(&sue, &id, yes()).await.unwrap();
    assert!(shown.row.request.review(role).unwrap().escalated_at.is_some());

    // After a stop of weeks the clock tells what it missed: the other review.
    app.advance(HOUR * 24 * 30);
    let app = app.restarted().await;
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 2);
    let cleo = app.person("cleo", Role::ComplianceReviewer, "dev");
    app.engine.answer_request(&cleo, &id, yes()).await.unwrap();
    let dana = app.person("dana", Role::Developer, "dev");
    let shown = app.engine.escalate_request(&dana, &id, None, "we ship today").await.unwrap();
    let approval = shown.row.request.review(Role::Approver).unwrap();
    assert!(approval.due_at.is_some() && approval.escalated_at.is_some());
}

#[tokio::test]
async fn an_approval_that_ends_is_told_ahead_and_when_it_has_ended() {
    let (_hub, app, id) = requested().await;
    for (name, role) in [
        ("sam", Role::SecurityReviewer),
        ("cleo", Role::ComplianceReviewer),
        ("ann", Role::Approver),
    ] {
        let by = app.person(name, role, "production");
        app.engine.answer_request(&by, &id, yes()).await.unwrap();
    }
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 0);
    app.advance(HOUR * 24 * 167);
    let (one, other) = tokio::join!(app.engine.look_at_the_clock(), app.engine.look_at_the_clock());
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    app.advance(HOUR * 24 * 20);
    let app = app.restarted().await;
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 1);
    assert_eq!(app.engine.look_at_the_clock().await.unwrap(), 0);
    let kinds = told(&app).await;
    assert_eq!(kinds[4..], ["approval.expiring", "approval.expired"]);
}
