//! What waits for one person: in any of their roles, where they hold it, the most urgent first.

use std::time::Duration;

use weighbridge_domain::{Role, TokenSecret};
use weighbridge_engine::Say;
use weighbridge_testkit::{FakeHub, TestApp};

use crate::gateway;
use crate::requests::{here_whole, request, yes};

/// A gateway with some requests, an hour apart; answers their ids.
async fn requested(by: &str, names: &[&str]) -> (FakeHub, TestApp, Vec<String>) {
    let (hub, app) = gateway().await;
    let asker = app.person(by, Role::Developer, "dev");
    let mut ids = Vec::new();
    for name in names {
        hub.repo(name).licence("apache-2.0");
        hub.publish(name, "config.json", format!("{{\"name\":\"{name}\"}}"));
        let made = app.engine.request_use(&asker, request(name)).await.unwrap();
        here_whole(&app, &made.row.id).await;
        ids.push(made.row.id);
        app.advance(Duration::from_hours(1));
    }
    (hub, app, ids)
}

/// What the API lists for a token: artifact, and what whoever looks has to do, page by page.
async fn mine(app: &TestApp, token: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/requests?mine=true&limit=2{after}");
        let page = app.get_as(token, &path).await.json();
        for item in page["items"].as_array().unwrap_or_else(|| panic!("{page}")) {
            let word = |field: &str| item[field].as_str().unwrap_or("-").to_owned();
            found.push(format!("{} {} {}", word("artifact"), word("your_part"), word("your_role")));
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn a_person_with_several_roles_finds_everything_that_waits_for_them_whichever_token_asks() {
    let names = ["acme/one", "acme/two", "other/three", "acme/four", "acme/five"];
    let (_hub, app, ids) = requested("dana", &names).await;
    let grants = [
        (Role::Developer, "**", None),
        (Role::SecurityReviewer, "acme/*", Some("production")),
        (Role::ComplianceReviewer, "other/*", None),
        (Role::Approver, "acme/*", Some("production")),
    ];
    let max = app.account("max", &grants).await;
    let ann = app.account("ann", &[(Role::Approver, "**", Some("staging"))]).await;
    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    let cleo = app.person("cleo", Role::ComplianceReviewer, "dev");

    // One waits for the approver, two is another's part, four was answered by max, five waits for dana.
    for by in [&sam, &cleo] {
        app.engine.answer_request(by, &ids[0], yes()).await.unwrap();
    }
    let admin = app.admin();
    app.engine.say_on_request(&sam, &ids[4], Say::Question, "which tickets?").await.unwrap();
    let own = app.personal_token(&max, Role::SecurityReviewer, "production").await;
    app.account("sue", &[(Role::SecurityReviewer, "**", None)]).await;
    let part = Role::SecurityReviewer;
    app.engine.reassign_request(&admin, &ids[1], part, "sue", "knows it").await.unwrap();
    let reviewer = app.engine.sign_in(TokenSecret::from_client(&own).as_ref(), None).await.unwrap();
    app.engine.answer_request(&reviewer, &ids[3], yes()).await.unwrap();

    // Three is due first: the approval of one began when its reviews were there.
    let expected =
        ["acme/one answer approver", "other/three answer compliance-reviewer"].map(str::to_owned);
    let mut due: Vec<_> = Vec::new();
    for (id, line) in [(&ids[0], &expected[0]), (&ids[2], &expected[1])] {
        let report = app.engine.show_request(&admin, id).await.unwrap();
        due.push((report.row.request.due().unwrap(), line.clone()));
    }
    due.sort();
    let due: Vec<String> = due.into_iter().map(|(_, line)| line).collect();
    let approving = app.personal_token(&max, Role::Approver, "production").await;
    assert_eq!(mine(&app, &own).await, due);
    assert_eq!(mine(&app, &approving).await, due);
    let developer = app.personal_token(&max, Role::Developer, "dev").await;
    assert_eq!(mine(&app, &developer).await, due);
    // What waits can be read, and what does not cannot.
    let read = async |id: &str| app.get_as(&developer, &format!("/api/v1/requests/{id}")).await;
    assert_eq!(read(&ids[0]).await.json()["your_role"], "approver");
    assert_eq!(read(&ids[1]).await.status, 404);
    let elsewhere = app.personal_token(&ann, Role::Approver, "staging").await;
    assert!(mine(&app, &elsewhere).await.is_empty(), "she approves for another environment");
}

#[tokio::test]
async fn what_one_asked_for_is_marked_and_a_question_about_it_comes_first() {
    let (_hub, app, ids) = requested("dana", &["acme/one", "acme/two", "acme/three"]).await;
    let dana = app.account("dana", &[(Role::Developer, "**", None)]).await;
    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    let token = app.personal_token(&dana, Role::Developer, "dev").await;
    app.engine.say_on_request(&sam, &ids[1], Say::Question, "which tickets?").await.unwrap();
    let itself = app.person("dana", Role::Developer, "dev");
    app.engine.withdraw_request(&itself, &ids[0]).await.unwrap();
    let listed = mine(&app, &token).await;
    assert_eq!(listed, ["acme/two reply -", "acme/three asked -", "acme/one asked -"]);
    app.engine.say_on_request(&itself, &ids[1], Say::Reply, "all of them").await.unwrap();
    let listed = mine(&app, &token).await;
    assert_eq!(listed, ["acme/two asked -", "acme/three asked -", "acme/one asked -"]);
    let wrong = app.get_as(&token, "/api/v1/requests?mine=true&after=nowhere").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.json()["detail"].as_str().unwrap().contains("no place in this list"));
}
