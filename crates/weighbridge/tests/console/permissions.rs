//! Who may do what. Every operation is taken from the description of the API, so that a new one
//! cannot be forgotten here.

use std::path::Path;

use http::Method;
use serde_json::Value;
use weighbridge_domain::Role;
use weighbridge_testkit::Answer;

use crate::door::{Door, operations, token_of};
use crate::weighed;

/// Around the table.
const BEGIN: &str = "<!-- begin: every operation, tried with every role by the tests -->";
const END: &str = "<!-- end -->";
/// What an anonymous caller may read, where the environment allows it.
const OPEN: &[&str] = &["GET /why", "GET /decisions/{id}", "GET /keys"];

#[tokio::test]
async fn without_a_token_nothing_is_done_and_nothing_told() {
    let (_hub, app) = weighed().await;
    for (name, method, path) in operations() {
        let answer = app.send(method, &path, &[]).await;
        if OPEN.contains(&name.as_str()) {
            assert_ne!(answer.status, 401, "{name}");
        } else {
            assert_eq!(answer.status, 401, "{name}");
            assert_eq!(answer.header("content-type"), "application/problem+json", "{name}");
        }
    }
}

/// The table in the documentation is what every role may do, tried at every operation.
/// `WEIGHBRIDGE_TEST_BLESS=1` writes it anew.
#[tokio::test]
async fn every_role_may_do_what_the_documentation_says() {
    let (_hub, app) = weighed().await;
    let operations = operations();
    let mut rows: Vec<String> =
        operations.iter().map(|(name, ..)| format!("| `{name}` |")).collect();
    // The administrator comes last: it removes things.
    for role in Role::ALL {
        let bare = format!("Bearer {}", token_of(&app, &format!("bare-{role}"), role).await);
        let account = app.account(&format!("the-{role}"), &[(role, "**", None)]).await;
        let personal = format!("Bearer {}", app.personal_token(&account, role, "dev").await);
        for (row, (name, method, path)) in rows.iter_mut().zip(&operations) {
            let may = async |bearer: &str| {
                app.send(method.clone(), path, &[("authorization", bearer)]).await.status != 403
            };
            let may_bare = may(&bare).await;
            let may_personal = may(&personal).await;
            let is_about_accounts = name.contains(" /account/") || name.ends_with(" /account");
            assert!(may_bare == may_personal || is_about_accounts, "{name} as {role}");
            row.push_str(if may_personal { " yes |" } else { " |" });
        }
    }
    let heads: Vec<_> = Role::ALL.iter().map(|role| format!(" {role} |")).collect();
    let table = format!(
        "| operation |{}\n|---|{}\n{}\n",
        heads.concat(),
        "---|".repeat(7),
        rows.join("\n")
    );

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/roles.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, after) = text.split_once(BEGIN).unwrap();
    let (documented, after) = after.split_once(END).unwrap();
    if std::env::var_os("WEIGHBRIDGE_TEST_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}\n{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(documented.trim(), table.trim(), "docs/roles.md: bless it or mend it");
}

#[tokio::test]
async fn the_cookie_of_the_console_does_not_open_the_api() {
    let (_hub, app) = weighed().await;
    let admin = app.account("root", &[(Role::Admin, "**", None)]).await;
    let opener = weighbridge_engine::Opener::Account(&admin);
    let session = app.engine.open_session(opener, "here", "test").await.unwrap();
    let cookie = format!("weighbridge={}", session.reveal());
    assert_eq!(app.send(Method::GET, "/ui/account", &[("cookie", &cookie)]).await.status, 200);
    for (name, method, path) in operations() {
        let answer = app.send(method, &path, &[("cookie", &cookie)]).await;
        assert!(answer.status == 401 || OPEN.contains(&name.as_str()), "{name}");
    }
}

#[tokio::test]
async fn what_concerns_production_is_read_by_those_who_belong_there() {
    let (_hub, app) = weighed().await;
    let (dev, production) =
        (app.token("d", "dev", &[]).await, app.token("p", "production", &[]).await);
    app.get_as(&production, "/api/models/acme/words").await;
    let id = crate::decision_on(&app, "acme/words", "production").await;
    let why = "/api/v1/why?ref=acme/words&environment=production";
    let decision = format!("/api/v1/decisions/{id}");
    for path in [why, &decision] {
        assert_ne!(app.get(path).await.status, 200, "{path}");
        assert_ne!(app.get_as(&dev, path).await.status, 200, "{path}");
        assert_eq!(app.get_as(&production, path).await.status, 200, "{path}");
    }
    let listed = Door::of(&app, &dev).get("/decisions").await;
    let ids: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap()).collect();
    assert!(!ids.is_empty() && !ids.contains(&id.as_str()));
}

#[tokio::test]
async fn a_gated_repository_does_not_exist_for_those_without_a_grant() {
    let (hub, app) = weighed().await;
    hub.publish("meta/gated", "words.txt", b"for some");
    hub.repo("meta/gated").gated().requires_token("hf_upstream");
    let (source, pattern) = ("hub".parse().unwrap(), "meta/*".parse().unwrap());
    app.engine.set_source_credential(&app.admin(), &source, pattern, "hf_upstream").await.unwrap();
    let alice = app.token("alice", "dev", &["meta/*"]).await;
    let bob = app.token("bob", "dev", &[]).await;
    assert_eq!(app.get_as(&alice, "/api/models/meta/gated").await.status, 200);
    let id = crate::decision_on(&app, "meta/gated", "dev").await;
    let decision = format!("/api/v1/decisions/{id}");
    for path in
        ["/api/v1/artifact?name=meta/gated", "/api/v1/revision?ref=meta/gated@main", &decision]
    {
        assert_eq!(app.get_as(&alice, path).await.status, 200, "{path}");
        assert_eq!(app.get_as(&bob, path).await.status, 404, "{path}");
        assert_ne!(app.get(path).await.status, 200, "{path}");
    }
    let why = |answer: Answer| (answer.json()["outcome"].clone(), answer.json().to_string());
    let path = "/api/v1/why?ref=meta/gated";
    assert_eq!(why(app.get_as(&alice, path).await).0, "allow");
    for told in [app.get_as(&bob, path).await, app.get(path).await] {
        let (outcome, text) = why(told);
        assert!(outcome == "deny" && text.contains("not-entitled"), "{text}");
        assert!(!text.contains(&id) && !text.contains("facts_document\":{"), "{text}");
    }
    for list in ["/artifacts", "/decisions"] {
        let seen = |items: Value| items["items"].to_string().contains("meta/gated");
        assert!(seen(Door::of(&app, &alice).get(list).await), "{list}");
        assert!(!seen(Door::of(&app, &bob).get(list).await), "{list}");
    }
}
