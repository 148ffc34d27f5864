//! The shape of answers: pages, problems, limits.

use http::StatusCode;
use serde_json::{Value, json};

use crate::door::Door;
use crate::weighed;

/// The words of a problem, checked to be one.
fn problem((status, body): (StatusCode, Value)) -> String {
    assert_eq!(body["status"], status.as_u16(), "{body}");
    let code = body["code"].as_str().unwrap();
    assert_eq!(body["type"], format!("urn:weighbridge:problem:{code}"));
    let hint = body["hint"].as_str().map(|hint| format!(" | {hint}")).unwrap_or_default();
    format!("{} {code}: {}{hint}", status.as_u16(), body["detail"].as_str().unwrap())
}

#[tokio::test]
async fn a_list_is_walked_page_by_page_to_its_end() {
    let (_hub, app) = weighed().await;
    let door = Door::of_admin(&app).await;
    for (list, key) in
        [("/artifacts", "artifact"), ("/decisions", "id"), ("/audit/entries", "position")]
    {
        let whole = door.get(&format!("{list}?limit=500")).await;
        assert_eq!(whole.get("next"), None, "{list}");
        let mut walked = Vec::new();
        let mut path = format!("{list}?limit=1");
        loop {
            let page = door.get(&path).await;
            walked.extend(page["items"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => path = format!("{list}?limit=1&after={next}"),
                None => break,
            }
        }
        assert!(walked.len() >= 3, "{list}");
        let keys = |items: &[Value]| items.iter().map(|item| item[key].clone()).collect::<Vec<_>>();
        assert_eq!(keys(&walked), keys(whole["items"].as_array().unwrap()), "{list}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_answered_with_a_problem() {
    let (_hub, app) = weighed().await;
    let door = Door::of_admin(&app).await;
    let mut said = Vec::new();
    for (method, path, body) in [
        ("GET", "/nowhere", Value::Null),
        ("GET", "/artifacts?limit=0", Value::Null),
        ("GET", "/artifacts?limit=many", Value::Null),
        ("GET", "/artifacts?kind=song", Value::Null),
        ("GET", "/artifact", Value::Null),
        ("GET", "/artifact?name=a/b/c", Value::Null),
        ("GET", "/why?ref=a/b@..", Value::Null),
        ("GET", "/decisions?outcome=maybe", Value::Null),
        ("GET", "/decisions/NOSUCH", Value::Null),
        ("POST", "/sources", json!({"name": "x"})),
        ("POST", "/sources", json!({"name": "x", "kind": "hub", "url": "http://h", "tier": 9})),
        ("POST", "/tokens", json!({"name": "x", "role": "king"})),
        ("POST", "/tokens", json!({"name": "x", "role": "reader", "enviroment": "dev"})),
        ("DELETE", "/tokens/nobody", Value::Null),
        ("POST", "/sources/nowhere/test", Value::Null),
    ] {
        said.push(problem(door.send(method, path, body).await));
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[tokio::test]
async fn a_body_is_json_and_no_larger_than_it_may_be() {
    let (_hub, app) = weighed().await;
    let door = Door::of_admin(&app).await;
    let large = vec![b' '; 65 * 1024];
    let (status, _) = door.send_bytes("POST", "/tokens", Some(large)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let (status, _) = door.send_bytes("POST", "/tokens", Some(b"{".to_vec())).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_numbers_are_those_of_what_came_in() {
    let (_hub, app) = weighed().await;
    let status = Door::of_admin(&app).await.get("/status").await;
    assert_eq!((&status["artifacts"], &status["revisions"]), (&json!(3), &json!(3)));
    let custody = |word: &str| {
        let rows = status["custody"].as_array().unwrap();
        rows.iter().find(|row| row["custody"] == word).unwrap()["files"].clone()
    };
    assert_eq!((custody("released"), custody("rejected")), (json!(2), json!(1)));
    let dev = &status["environments"][0];
    assert_eq!((&dev["allowed"], &dev["denied"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn a_revision_says_of_each_file_where_it_stands_and_what_was_seen() {
    let (_hub, app) = weighed().await;
    let door = Door::of_admin(&app).await;
    let evil = door.get("/revision?ref=acme/evil@main").await;
    let file = &evil["files"]["items"][0];
    assert_eq!((&file["custody"], &file["verdict"]), (&json!("rejected"), &json!("dangerous")));
    assert_eq!(file["findings"][0]["rule"], "WB-PICKLE-CALL");
    let commit = evil["commit"].as_str().unwrap();
    let short = door.get(&format!("/revision?ref=acme/evil@{}", &commit[..8])).await;
    assert_eq!(short["commit"], commit);
}

#[tokio::test]
async fn a_decision_shows_the_facts_it_rests_on() {
    let (_hub, app) = weighed().await;
    let id = crate::decision_on(&app, "acme/evil", "dev").await;
    let decision = Door::of_admin(&app).await.get(&format!("/decisions/{id}")).await;
    assert_eq!(decision["outcome"], "deny");
    assert_eq!(decision["facts_document"]["artifact"]["name"], "acme/evil");
    assert_eq!(decision["facts_document"]["finding_counts"]["dangerous"], 1);
}

#[tokio::test]
async fn every_decision_can_be_made_again_from_its_record() {
    let (_hub, app) = weighed().await;
    let door = Door::of_admin(&app).await;
    let decisions = door.get("/decisions").await;
    for decision in decisions["items"].as_array().unwrap() {
        let id = decision["id"].as_str().unwrap();
        let replay = door.get(&format!("/decisions/{id}/replay")).await;
        assert_eq!(replay["is_same"], true, "{replay}");
    }
}

#[tokio::test]
async fn the_probes_answer_strangers() {
    let (_hub, app) = weighed().await;
    assert_eq!(
        (app.get("/healthz").await.status, app.get("/readyz").await.status),
        (StatusCode::OK, StatusCode::OK)
    );
}
