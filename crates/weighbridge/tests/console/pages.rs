//! The console: who sees what, and that nothing from outside becomes markup.

use http::Method;
use weighbridge_testkit::{Answer, FakeHub, TestApp};

use crate::door::{admin_token, send_form};
use crate::{EVIL, decision_on, weighed};

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

async fn page_as(app: &TestApp, token: &str, path: &str) -> Answer {
    app.send(Method::GET, path, &[("cookie", &format!("a=b; weighbridge={token}"))]).await
}

#[tokio::test]
async fn a_passer_by_learns_how_to_point_a_client_here_and_nothing_that_came_in() {
    let (_hub, app) = weighed().await;
    let page = app.get("/ui").await;
    let shown = text(&page);
    assert_eq!(page.status, 200);
    assert!(shown.contains("export HF_ENDPOINT=http://gate.test"), "{shown}");
    assert!(shown.contains("http://gate.test/env/production") && shown.contains("/ui/sign-in"));
    assert!(!shown.contains("acme/") && !shown.contains("Sources"), "{shown}");
}

#[tokio::test]
async fn somebody_with_a_token_sees_what_came_in_and_an_administrator_where_from() {
    let (hub, app) = weighed().await;
    let reader = app.token("reader", "dev", &[]).await;
    let shown = text(&page_as(&app, &reader, "/ui").await);
    assert!(shown.contains("acme/evil") && shown.contains("deny"), "{shown}");
    assert!(!shown.contains(&hub.url()), "an address inside is not for everybody");
    let admin = admin_token(&app, "root").await;
    assert!(text(&page_as(&app, &admin, "/ui").await).contains(&hub.url()));
}

#[tokio::test]
async fn the_page_a_refusal_links_to_explains_it_to_whoever_may_read_it() {
    let (hub, app) = weighed().await;
    let commit = hub.repo("acme/evil").head();
    let refused = app.get(&format!("/acme/evil/resolve/{commit}/model.pkl")).await;
    let link = refused.header("x-error-message").rsplit(' ').next().unwrap().to_owned();
    let path = link.strip_prefix("http://gate.test").unwrap();
    let page = app.get(path).await;
    let shown = text(&page);
    assert_eq!(page.status, 200);
    for part in [
        "Denied",
        "finding-dangerous",
        "pickle calls os.system",
        "What would change it",
        "security-reviewer",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    let production = app.token("p", "production", &[]).await;
    app.get_as(&production, "/api/models/acme/words").await;
    let held = format!("/ui/decisions/{}", decision_on(&app, "acme/words", "production").await);
    let stranger = app.get(&held).await;
    assert_eq!(stranger.status, 401);
    assert!(text(&stranger).contains(&format!("value=\"{held}\"")), "the form leads back here");
    assert!(!text(&stranger).contains("approval-required"));
    let shown = text(&page_as(&app, &production, &held).await);
    assert!(shown.contains("Held") && shown.contains("approval-required"), "{shown}");
}

#[tokio::test]
async fn a_refusal_by_name_has_a_page_too() {
    let (_hub, app) = weighed().await;
    let pattern = "ours/*".parse().unwrap();
    app.engine.reserve_name(&app.admin(), pattern, "our own models").await.unwrap();
    let shown = text(&app.get("/ui/why?ref=ours/x@main&environment=dev").await);
    assert!(shown.contains("name-reserved") && shown.contains("our own models"), "{shown}");
    let shown = text(&app.get("/ui/why?ref=nobody/x@main&environment=dev").await);
    assert!(shown.contains("Not evaluated"), "{shown}");
}

#[tokio::test]
async fn a_refusal_that_policy_had_no_part_in_is_explained_too() {
    let (hub, app) = weighed().await;
    hub.publish("meta/secret", "words.txt", b"for some");
    hub.repo("meta/secret").disabled();
    let alice = app.token("alice", "dev", &["meta/*"]).await;
    let refused = app.get_as(&alice, "/api/models/meta/secret").await;
    assert_eq!(refused.status, 403, "{}", refused.summary());
    // The record of refusals is written in the background: closing waits for it.
    app.engine.close().await;
    let app = app.restarted().await;
    let page = page_as(&app, &alice, "/ui/why?ref=meta/secret@main&environment=dev").await;
    let shown = text(&page);
    assert!(shown.contains("upstream-credential"), "{shown}");
    assert!(shown.contains("weighbridge source credential"), "{shown}");
}

#[tokio::test]
async fn nothing_from_outside_becomes_markup_and_no_page_runs_anything() {
    let hub = FakeHub::start().await;
    let commit = hub.publish("acme/evil", "<img src=x onerror=alert(1)>.pkl", EVIL);
    let app = TestApp::in_front_of(&hub, env!("CARGO_BIN_EXE_weighbridge")).await;
    app.get("/api/models/acme/evil").await;
    let name = "%3Cimg%20src=x%20onerror=alert(1)%3E.pkl";
    app.get(&format!("/acme/evil/resolve/{commit}/{name}")).await;
    let admin = admin_token(&app, "<i>root</i>").await;
    let decision = format!("/ui/decisions/{}", decision_on(&app, "acme/evil", "dev").await);
    let paths = ["/ui", &decision, "/ui/why?ref=%3Ci%3E", "/ui/sign-in?next=\"><i>", "/ui/nowhere"];
    for path in paths.map(|path| path.replace('"', "%22").replace('<', "%3C").replace('>', "%3E")) {
        let page = page_as(&app, &admin, &path).await;
        let shown = text(&page);
        for markup in ["<img src=x", "<i>", "<script", " style=", " onclick="] {
            assert!(!shown.contains(markup), "{path}: {markup}\n{shown}");
        }
        if page.header("content-type").starts_with("text/html") {
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
        }
    }
    assert!(text(&page_as(&app, &admin, &decision).await).contains("&lt;img src=x"));
}

#[tokio::test]
async fn a_token_opens_a_session_that_ends_with_it() {
    let (_hub, app) = weighed().await;
    let token = app.token("alice", "dev", &[]).await;
    let form = format!("token={token}&next=%2Fui%2Fwhy%3Fref%3Dacme%2Fwords");
    let entered = send_form(&app, "/ui/sign-in", &form, "Sec-Fetch-Site: same-origin\r\n").await;
    assert!(entered.starts_with("HTTP/1.1 303"), "{entered}");
    assert!(entered.contains("location: /ui/why?ref=acme/words\r\n"), "{entered}");
    let cookie = entered.lines().find(|line| line.starts_with("set-cookie: ")).unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/ui"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(text(&page_as(&app, &token, "/ui").await).contains("Sign out"));
    app.engine.revoke_token(&app.admin(), "alice").await.unwrap();
    assert!(!text(&page_as(&app, &token, "/ui").await).contains("Sign out"));
}

#[tokio::test]
async fn a_wrong_token_a_foreign_form_and_a_foreign_destination_lead_nowhere() {
    let (_hub, app) = weighed().await;
    let token = app.token("alice", "dev", &[]).await;
    let wrong = send_form(&app, "/ui/sign-in", "token=hf_wrong", "").await;
    assert!(wrong.starts_with("HTTP/1.1 401") && !wrong.contains("set-cookie"), "{wrong}");
    let form = format!("token={token}&next=https%3A%2F%2Fevil.example");
    let foreign = send_form(&app, "/ui/sign-in", &form, "Sec-Fetch-Site: cross-site\r\n").await;
    assert!(foreign.starts_with("HTTP/1.1 403") && !foreign.contains("set-cookie"), "{foreign}");
    let entered = send_form(&app, "/ui/sign-in", &form, "").await;
    assert!(entered.contains("location: /ui\r\n"), "{entered}");
    let left = send_form(&app, "/ui/sign-out", "", "").await;
    assert!(left.contains("set-cookie: weighbridge=; ") && left.contains("Max-Age=0"), "{left}");
}
