//! The page about emergencies, and that no page about an artifact is silent about one.

use std::time::Duration;

use http::Method;
use weighbridge_domain::Role;
use weighbridge_testkit::{FakeHub, TestApp};

use crate::door::{Door, token_of};
use crate::requests::{Browser, WISH};
use crate::{decision_on, weighed};

const PAGE: &str = "/ui/break-glass";
const EMERGENCY: &str =
    "pattern=acme/*&environment=production&because=the+%3Cb%3Esummariser%3C%2Fb%3E+is+down&hours=4";

/// The id in the place where a form leads.
fn id_of(place: &str) -> String {
    place.strip_prefix("/ui/break-glass#").unwrap_or_else(|| panic!("{place}")).to_owned()
}

/// Everything that tells of `acme/words` in production, and the overview.
async fn pages_about(app: &TestApp, dana: &Browser<'_>) -> Vec<String> {
    let token = app.token("ci", "production", &[]).await;
    app.get_as(&token, "/api/models/acme/words").await;
    let decision = decision_on(app, "acme/words", "production").await;
    let (_, request) = dana.send("/ui/requests/new", WISH).await;
    let why = "/ui/why?ref=acme/words@main&environment=production".to_owned();
    vec!["/ui".to_owned(), why, format!("/ui/decisions/{decision}"), request]
}

#[tokio::test]
async fn an_emergency_is_declared_confirmed_and_closed_in_the_browser_and_seen_until_then() {
    let (hub, app) = weighed().await;
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    let sam = Browser::of(&app, "sam", Role::SecurityReviewer).await;
    let about = pages_about(&app, &dana).await;
    for path in &about {
        assert!(!dana.look(path).await.1.contains("class=\"alarm"), "{path}: nothing is open");
    }

    let (status, place) = dana.send(PAGE, EMERGENCY).await;
    assert_eq!(status, 303, "{place}");
    let id = id_of(&place);
    for path in &about {
        let (_, shown) = dana.look(path).await;
        assert!(shown.contains("waits for a second person"), "{path}: {shown}");
    }
    let (_, shown) = dana.look(PAGE).await;
    assert!(shown.contains("You opened it") && !shown.contains("/confirm\""), "{shown}");
    assert!(shown.contains("&#60;b&#62;summariser") && !shown.contains("<b>summariser"));
    let own = dana.send(&format!("{PAGE}/{id}/confirm"), "").await;
    assert!(own.0 == 403 && own.1.contains("somebody else has to confirm"), "{}", own.1);

    let (_, shown) = sam.look(PAGE).await;
    assert!(shown.contains("Confirm: lift the rules until") && shown.contains("Refuse it"));
    assert_eq!(sam.send(&format!("{PAGE}/{id}/confirm"), "").await, (303, place.clone()));
    for path in &about {
        let (_, shown) = dana.look(path).await;
        assert!(shown.contains("Rules are lifted now for <code>acme/*</code>"), "{path}: {shown}");
        assert!(shown.contains("confirmed by sam"), "{path}: {shown}");
    }
    let (_, shown) = dana.look(&about[3]).await;
    assert!(shown.contains("It stays, whoever approves."), "an approval outlives it: {shown}");

    // What comes through meanwhile is told to whoever closes it, and to nobody else.
    let ci = app.token("batch-seven", "production", &[]).await;
    for name in ["acme/words", "mystery/none"] {
        let commit = hub.repo(name).head();
        let file = if name == "acme/words" { "words.txt" } else { "none.txt" };
        app.get_as(&ci, &format!("/{name}/resolve/{commit}/{file}")).await;
    }
    let (_, shown) = sam.look(PAGE).await;
    assert!(
        shown.contains("Pulled meanwhile") && shown.contains("<td>batch-seven</td>"),
        "{shown}"
    );
    assert!(!shown.contains("mystery/none"), "other artifacts are not meant: {shown}");
    let (_, shown) = dana.look(PAGE).await;
    assert!(!shown.contains("Pulled meanwhile") && !shown.contains("batch-seven"), "{shown}");
    let door = Door::of(&app, &token_of(&app, "cleo", Role::ComplianceReviewer).await);
    let pulls = door.get(&format!("/break-glass/{id}/pulls")).await;
    assert_eq!(pulls["pulls"].as_array().unwrap().len(), 1, "{pulls}");
    assert_eq!(pulls["pulls"][0]["by"], "batch-seven", "{pulls}");
    let token = token_of(&app, "ava", Role::Approver).await;
    let (status, _) = Door::of(&app, &token)
        .send("GET", &format!("/break-glass/{id}/pulls"), serde_json::Value::Null)
        .await;
    assert_eq!(status, 403, "an approver of `dev` does not answer for production");

    let elsewhere = "/ui/why?ref=mystery/none@main&environment=production";
    let (_, shown) = dana.look(elsewhere).await;
    assert!(!shown.contains("<aside"), "other artifacts are not meant: {shown}");
    assert!(shown.contains("Break-glass <b>1</b>"), "every page says that there is one: {shown}");
    let (_, shown) = dana.look("/ui/why?ref=acme/words@main&environment=dev").await;
    assert!(!shown.contains("<aside"), "other environments are not meant: {shown}");

    app.advance(Duration::from_hours(4));
    let sam = Browser::again(&app, "sam").await;
    for path in &about {
        assert!(sam.look(path).await.1.contains("ended, not reviewed"), "{path}");
    }
    let close = format!("{PAGE}/{id}/close");
    let (status, shown) = sam.send(&close, "review=++").await;
    assert!(status == 400 && shown.contains("role=\"alert\""), "{shown}");
    assert_eq!(sam.send(&close, "review=one+model%2C+harmless").await, (303, place));
    for path in &about {
        assert!(!sam.look(path).await.1.contains("class=\"alarm"), "{path}: it was reviewed");
    }
    let (_, shown) = sam.look(PAGE).await;
    assert!(shown.contains("one model, harmless") && shown.contains("No emergency is open"));
    let (status, shown) = sam.send(&close, "review=again").await;
    assert!(status == 409 && shown.contains("it is closed already"), "{shown}");
}

#[tokio::test]
async fn one_person_alone_is_shown_as_the_alarm_it_is() {
    let hub = FakeHub::start().await;
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |settings| {
        settings.break_glass.two_persons = false;
        settings.break_glass.longest = Duration::from_hours(5);
    })
    .await;
    app.add_source("hub", &hub.url(), weighbridge_domain::Tier::Conditional).await;
    let ann = Browser::of(&app, "ann", Role::Approver).await;
    let (_, shown) = ann.look(PAGE).await;
    assert!(shown.contains("One person is enough here") && shown.contains("max=\"5\""), "{shown}");
    assert_eq!(ann.send(PAGE, EMERGENCY).await.0, 303);
    let (_, shown) = ann.look("/ui").await;
    assert!(shown.contains("one person was enough, which is an alarm"), "{shown}");
    let (_, shown) = ann.look(PAGE).await;
    assert!(shown.contains("<span class=\"badge deny\">one person</span>"), "{shown}");
}

#[tokio::test]
async fn what_cannot_be_taken_stays_in_the_form() {
    let (_hub, app) = weighed().await;
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    for (form, part) in [
        (EMERGENCY.replace("hours=4", "hours=99"), "break-glass lasts 1 to 24 hours"),
        (EMERGENCY.replace("hours=4", "hours=soon"), "hours"),
        (EMERGENCY.replace("production", "moon"), "no environment `moon`"),
        (EMERGENCY.replace("acme/*", "%5B"), "pattern"),
    ] {
        let (status, shown) = dana.send(PAGE, &form).await;
        assert!(status == 400 || status == 404, "{form}: {status}");
        assert!(shown.contains("role=\"alert\""), "{shown}");
        let plain = shown.replace("<code>", "`").replace("</code>", "`");
        assert!(plain.contains(part), "{part}: {shown}");
        assert!(shown.contains("summariser&#60;/b&#62; is down</textarea>"), "{shown}");
    }
    assert!(dana.look(PAGE).await.1.contains("No emergency is open"));
}

/// Each role declares one, confirms one of somebody else and closes another, as far as it may.
#[tokio::test]
async fn the_forms_do_what_each_role_may_and_nothing_without_a_session() {
    let (_hub, app) = weighed().await;
    for path in [PAGE, "/ui/break-glass/X/confirm", "/ui/break-glass/X/close"] {
        let method = if path == PAGE { Method::GET } else { Method::POST };
        assert_eq!(app.send(method, path, &[]).await.status, 401, "{path}");
    }
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    for role in Role::ALL {
        let browser = Browser::of(&app, &format!("the-{role}"), role).await;
        let answers = role.reviews() || role == Role::Admin;
        let (status, shown) = browser.look(PAGE).await;
        assert_eq!(status, 200, "{role}");
        assert_eq!(shown.contains("Declare an emergency"), role.may_ask(), "{role}: {shown}");
        let (status, answer) = browser.send(PAGE, EMERGENCY).await;
        assert_eq!(status, if role.may_ask() { 303 } else { 403 }, "{role}: {answer}");
        let id = id_of(&dana.send(PAGE, EMERGENCY).await.1);
        for (step, form) in [("confirm", ""), ("close", "review=looked+at")] {
            let path = format!("{PAGE}/{id}/{step}");
            let (_, shown) = browser.look(PAGE).await;
            assert_eq!(shown.contains(&path), answers, "{role} {step}: {shown}");
            let (status, answer) = browser.send(&path, form).await;
            assert_eq!(status, if answers { 303 } else { 403 }, "{role} {step}: {answer}");
        }
    }
}
