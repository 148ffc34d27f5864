//! The console: who sees what, and that nothing from outside becomes markup.

use std::time::Duration;

use http::Method;
use weighbridge_domain::{Role, TokenSecret};
use weighbridge_engine::Opener;
use weighbridge_testkit::{Answer, FakeHub, TestApp};

use crate::door::{admin_token, send_form};
use crate::{EVIL, decision_on, weighed};

pub(crate) fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// A page as somebody sees it who signed in with a token.
async fn page_as(app: &TestApp, token: &str, path: &str) -> Answer {
    let token = TokenSecret::from_client(token).unwrap();
    let caller = app.engine.sign_in(Some(&token), None).await.unwrap();
    let session = app.engine.open_session(Opener::Token(&caller), "here", "test").await.unwrap();
    page_in(app, session.reveal(), path).await
}

/// A page as a browser with that session sees it.
pub(crate) async fn page_in(app: &TestApp, session: &str, path: &str) -> Answer {
    app.send(Method::GET, path, &[("cookie", &format!("a=b; weighbridge={session}"))]).await
}

/// The session that an answer puts into the browser.
fn session_of(answer: &str) -> String {
    let cookie = answer.lines().find(|line| line.starts_with("set-cookie: ")).unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/;"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let value = cookie.strip_prefix("set-cookie: weighbridge=").unwrap();
    value.split(';').next().unwrap().to_owned()
}

/// What the forms of a page carry.
pub(crate) fn form_token_of(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn is_signed_in(page: &Answer) -> bool {
    text(page).contains("Sign out")
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
    let session = session_of(&entered);
    assert!(!entered.contains(&token), "the cookie is not the token");
    assert!(is_signed_in(&page_in(&app, &session, "/ui").await));
    assert!(!is_signed_in(&page_in(&app, &token, "/ui").await));
    app.engine.revoke_token(&app.admin(), "alice").await.unwrap();
    assert!(!is_signed_in(&page_in(&app, &session, "/ui").await));
}

#[tokio::test]
async fn a_wrong_token_a_foreign_form_and_a_foreign_destination_lead_nowhere() {
    let (_hub, app) = weighed().await;
    let token = app.token("alice", "dev", &[]).await;
    let wrong = send_form(&app, "/ui/sign-in", "token=hf_wrong", "").await;
    assert!(wrong.starts_with("HTTP/1.1 401") && !wrong.contains("set-cookie"), "{wrong}");
    let form = format!("token={token}&next=https%3A%2F%2Fevil.example");
    for foreign in ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example", "Origin: null"] {
        let foreign = send_form(&app, "/ui/sign-in", &form, &format!("{foreign}\r\n")).await;
        assert!(
            foreign.starts_with("HTTP/1.1 403") && !foreign.contains("set-cookie"),
            "{foreign}"
        );
    }
    for own in ["", "Origin: http://gate.test\r\n"] {
        let entered = send_form(&app, "/ui/sign-in", &form, own).await;
        assert!(entered.contains("location: /ui\r\n"), "{entered}");
    }
}

const PASSWORD: &str = "seven trucks and a bridge";

/// Sam has a password, and signs in with it.
async fn sam_signs_in(app: &TestApp) -> String {
    let form = "name=sam&password=seven+trucks+and+a+bridge";
    let entered = send_form(app, "/ui/sign-in", form, "Origin: http://gate.test\r\n").await;
    assert!(entered.starts_with("HTTP/1.1 303"), "{entered}");
    session_of(&entered)
}

async fn with_sam() -> (FakeHub, TestApp) {
    let (hub, app) = weighed().await;
    app.account("sam", &[(Role::SecurityReviewer, "acme/*", None)]).await;
    app.engine.set_password(&app.admin(), "sam", PASSWORD).await.unwrap();
    (hub, app)
}

#[tokio::test]
async fn a_password_opens_a_session_with_an_id_of_its_own_and_signing_out_ends_it_here() {
    let (_hub, app) = with_sam().await;
    let wrong = send_form(&app, "/ui/sign-in", "name=sam&password=no", "").await;
    assert!(wrong.starts_with("HTTP/1.1 401"), "{wrong}");
    assert!(wrong.contains("The name or the password is wrong"), "{wrong}");
    let session = sam_signs_in(&app).await;
    assert_eq!(session.len(), 64, "256 bits");
    let page = page_in(&app, &session, "/ui/account").await;
    let shown = text(&page);
    assert!(shown.contains("security-reviewer") && shown.contains("acme/*"), "{shown}");

    // Another sign-in of the same browser gets another id, and the one before ends.
    let cookie = format!("Cookie: weighbridge={session}\r\n");
    let form = "name=sam&password=seven+trucks+and+a+bridge";
    let again = session_of(&send_form(&app, "/ui/sign-in", form, &cookie).await);
    assert_ne!(again, session);
    assert!(!is_signed_in(&page_in(&app, &session, "/ui").await));

    let form_token = form_token_of(&text(&page_in(&app, &again, "/ui").await));
    let cookie = format!("Cookie: weighbridge={again}\r\n");
    let form = format!("form_token={form_token}");
    let left = send_form(&app, "/ui/sign-out", &form, &cookie).await;
    assert!(left.contains("set-cookie: weighbridge=; ") && left.contains("Max-Age=0"), "{left}");
    assert!(!is_signed_in(&page_in(&app, &again, "/ui").await), "the id is worth nothing now");
}

#[tokio::test]
async fn no_form_that_changes_something_passes_without_its_token_or_from_elsewhere() {
    let (_hub, app) = with_sam().await;
    let (session, other) = (sam_signs_in(&app).await, sam_signs_in(&app).await);
    let token_in = async |session: &str| form_token_of(&text(&page_in(&app, session, "/ui").await));
    let (own, of_other) = (token_in(&session).await, token_in(&other).await);
    let cookie = format!("Cookie: weighbridge={session}\r\n");
    for path in ["/ui/sign-out", "/ui/account/end-sessions"] {
        for (form, headers) in [
            (String::new(), ""),
            ("form_token=".to_owned(), ""),
            (format!("form_token={of_other}"), ""),
            (format!("form_token={own}"), "Sec-Fetch-Site: same-site\r\n"),
            (format!("form_token={own}"), "Origin: http://evil.test\r\n"),
        ] {
            let refused = send_form(&app, path, &form, &format!("{cookie}{headers}")).await;
            assert!(refused.starts_with("HTTP/1.1 403"), "{path} {form} {headers}: {refused}");
        }
    }
    assert!(is_signed_in(&page_in(&app, &session, "/ui").await));
    let form = format!("form_token={own}");
    let ended = send_form(&app, "/ui/account/end-sessions", &form, &cookie).await;
    assert!(ended.starts_with("HTTP/1.1 303"), "{ended}");
    for session in [&session, &other] {
        assert!(!is_signed_in(&page_in(&app, session, "/ui").await));
    }
}

#[tokio::test]
async fn a_session_ends_by_itself_and_with_what_it_stands_on() {
    let (_hub, app) = with_sam().await;
    let is_open = async |session: &str| is_signed_in(&page_in(&app, session, "/ui").await);
    let idle = sam_signs_in(&app).await;
    app.advance(Duration::from_mins(29));
    assert!(is_open(&idle).await, "and it is in use again");
    app.advance(Duration::from_mins(29));
    assert!(is_open(&idle).await);
    app.advance(Duration::from_mins(31));
    assert!(!is_open(&idle).await);

    let long = sam_signs_in(&app).await;
    for _ in 0..35 {
        assert!(is_open(&long).await);
        app.advance(Duration::from_mins(20));
    }
    app.advance(Duration::from_mins(25));
    assert!(!is_open(&long).await, "twelve hours are the end");

    let before = sam_signs_in(&app).await;
    app.engine.set_password(&app.admin(), "sam", PASSWORD).await.unwrap();
    assert!(!is_open(&before).await, "the password was changed");
    let before = sam_signs_in(&app).await;
    assert_eq!(app.engine.end_sessions("admin", "sam").await.unwrap(), 1);
    assert!(!is_open(&before).await, "an administrator ended it");
    let before = sam_signs_in(&app).await;
    app.engine.disable_account(&app.admin(), "sam").await.unwrap();
    assert!(!is_open(&before).await);
    let closed = send_form(&app, "/ui/sign-in", "name=sam&password=seven+trucks+and+a+bridge", "");
    assert!(closed.await.contains("The name or the password is wrong"), "disabled is not told");
}

#[tokio::test]
async fn pages_are_framed_by_nobody_and_over_tls_browsers_stay_there() {
    let (_hub, app) = with_sam().await;
    for path in ["/ui", "/ui/sign-in", "/ui/account"] {
        let page = app.get(path).await;
        let policy = page.header("content-security-policy").to_owned();
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("strict-transport-security"), "");
    }
    for path in ["/api/v1/status", "/api/v1/openapi.json", "/api/v1/nowhere", "/healthz"] {
        let answer = app.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    let app = app.behind("https://gate.test");
    let form = "name=sam&password=seven+trucks+and+a+bridge";
    let entered = send_form(&app, "/ui/sign-in", form, "Origin: https://gate.test\r\n").await;
    assert!(entered.contains("set-cookie: __Host-weighbridge="), "{entered}");
    assert!(entered.contains("; Secure"), "{entered}");
    assert!(entered.contains("strict-transport-security: max-age="), "{entered}");
}
