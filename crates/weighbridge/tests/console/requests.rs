//! The pages on which people ask, answer and withdraw.

use http::StatusCode;
use weighbridge_domain::Role;
use weighbridge_engine::Opener;
use weighbridge_testkit::TestApp;

use crate::door::send_form;
use crate::pages::{form_token_of, page_in, text};
use crate::weighed;

/// Somebody at a browser, signed in.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    session: String,
    form_token: String,
}

impl<'a> Browser<'a> {
    pub(crate) async fn of(app: &'a TestApp, name: &str, role: Role) -> Browser<'a> {
        app.account(name, &[(role, "**", None)]).await;
        Browser::again(app, name).await
    }

    /// Somebody who has an account, with a session of now.
    pub(crate) async fn again(app: &'a TestApp, name: &str) -> Browser<'a> {
        let account = app.engine.find_account(name).await.unwrap().unwrap().account;
        let session =
            app.engine.open_session(Opener::Account(&account), "here", "test").await.unwrap();
        let session = session.reveal().to_owned();
        let page = page_in(app, &session, "/ui").await;
        let form_token = form_token_of(&text(&page));
        Browser { app, session, form_token }
    }

    pub(crate) async fn look(&self, path: &str) -> (StatusCode, String) {
        let page = page_in(self.app, &self.session, path).await;
        (page.status, text(&page))
    }

    /// Sends a form; answers the status, and where it leads or what it shows.
    pub(crate) async fn send(&self, path: &str, form: &str) -> (u16, String) {
        let form = format!("form_token={}&{form}", self.form_token);
        let cookie = format!("Cookie: weighbridge={}\r\n", self.session);
        let answer = send_form(self.app, path, &form, &cookie).await;
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
        (status, location.map_or_else(|| answer.clone(), str::to_owned))
    }
}

pub(crate) const WISH: &str = "ref=acme/words@main&environment=production&because=the+summariser&data=internal\
                    &use_case=summaries&affected=team";

#[tokio::test]
async fn a_request_is_made_answered_and_approved_in_the_browser() {
    let (_hub, app) = weighed().await;
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    let (status, form) =
        dana.look("/ui/requests/new?ref=acme/words@main&environment=production").await;
    assert_eq!(status, 200);
    assert!(
        form.contains("value=\"acme/words@main\"") && form.contains("<option selected>production")
    );

    let (status, place) = dana.send("/ui/requests/new", WISH).await;
    assert_eq!(status, 303, "{place}");
    let id = place.strip_prefix("/ui/requests/").unwrap().to_owned();
    let auditor = app.person("audrey", Role::Auditor, "production");
    while app.engine.show_request(&auditor, &id).await.unwrap().files.missing > 0 {
        tokio::task::yield_now().await;
    }
    let (_, shown) = dana.look(&place).await;
    assert!(shown.contains("the summariser") && shown.contains("Withdraw the request"));
    assert!(!shown.contains("Your answer as"), "nobody answers their own request");

    for (name, role) in [
        ("sam", Role::SecurityReviewer),
        ("cleo", Role::ComplianceReviewer),
        ("ann", Role::Approver),
    ] {
        let browser = Browser::of(&app, name, role).await;
        let (_, mine) = browser.look("/ui/requests?show=mine").await;
        assert!(mine.contains(&id), "it waits for {role}: {mine}");
        let (_, shown) = browser.look(&place).await;
        assert!(shown.contains(&format!("Your answer as {role}")), "{shown}");
        assert_eq!(shown.contains("The approval lasts through"), role == Role::Approver);
        let answer = "answer=yes&comment=read+%3Cb%3Eit%3C%2Fb%3E&until=&conditions=";
        assert_eq!(browser.send(&format!("{place}/answer"), answer).await, (303, place.clone()));
    }
    let (_, shown) = dana.look(&place).await;
    assert!(shown.contains("approved") && shown.contains("Approved bytes"), "{shown}");
    assert!(shown.contains("read &#60;b&#62;it") && !shown.contains("<b>it"), "{shown}");
    let (_, open) = dana.look("/ui/requests").await;
    assert!(!open.contains(&id), "it is open no more");
    assert!(dana.look("/ui/requests?show=all").await.1.contains(&id));
}

#[tokio::test]
async fn a_form_that_cannot_be_taken_says_why_and_keeps_what_was_written() {
    let (_hub, app) = weighed().await;
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    let bad = WISH.replace("acme/words@main", "no+such+thing");
    let (status, shown) = dana.send("/ui/requests/new", &bad).await;
    assert_eq!(status, 400, "{shown}");
    assert!(shown.contains("role=\"alert\"") && shown.contains(">the summariser</textarea>"));

    let (_, place) = dana.send("/ui/requests/new", WISH).await;
    let (status, shown) = dana.send(&format!("{place}/answer"), "answer=yes&comment=mine").await;
    assert!(status == 403 || status == 409, "{status}");
    assert!(shown.contains("role=\"alert\""), "{shown}");
    assert_eq!(dana.send(&format!("{place}/withdraw"), "").await, (303, place.clone()));
    assert!(dana.look(&place).await.1.contains("withdrawn"));
}

#[tokio::test]
async fn requests_are_for_those_who_are_signed_in_and_may_know_of_them() {
    let (_hub, app) = weighed().await;
    for path in ["/ui/requests", "/ui/requests/new", "/ui/waivers"] {
        let page = app.get(path).await;
        assert_eq!(page.status, 401, "{path}");
        assert!(text(&page).contains("Sign in"), "{path}");
    }
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    let (_, place) = dana.send("/ui/requests/new", WISH).await;
    let eve = Browser::of(&app, "eve", Role::Developer).await;
    assert_eq!(eve.look(&place).await.0, 404, "it is another's");
    assert!(!eve.look("/ui/requests?show=all").await.1.contains("acme/words"));

    // Another site's form, and one without the token of the session, change nothing.
    let cookie = format!("Cookie: weighbridge={}\r\n", dana.session);
    let forged = send_form(&app, &format!("{place}/withdraw"), "form_token=", &cookie).await;
    assert!(forged.starts_with("HTTP/1.1 403"), "{forged}");
    let foreign = format!("{cookie}Sec-Fetch-Site: cross-site\r\n");
    let form = format!("form_token={}", dana.form_token);
    let forged = send_form(&app, &format!("{place}/withdraw"), &form, &foreign).await;
    assert!(forged.starts_with("HTTP/1.1 403"), "{forged}");
    assert!(!dana.look(&place).await.1.contains("withdrawn"));
}
