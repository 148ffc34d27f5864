//! Waivers and approvals are seen wherever the artifact is shown: on its pages, in the API, and by callers
//! without a token without the words of people.

use std::time::Duration;

use weighbridge_domain::Role;
use weighbridge_engine::NewWaiver;
use weighbridge_testkit::TestApp;

use crate::door::{Door, admin_token};
use crate::pages::text;
use crate::requests::{Browser, WISH};
use crate::weighed;

const WHY: &str = "/ui/why?ref=acme/words@main&environment=production";

async fn waived(app: &TestApp, environment: &str) {
    let cleo = app.person("cleo", Role::ComplianceReviewer, "production");
    let now = app.engine.settings().clock.now();
    let new = NewWaiver {
        rule: "licence-unknown".to_owned(),
        pattern: "acme/*".parse().unwrap(),
        environment: environment.parse().unwrap(),
        because: "its authors <i>are</i> asked".to_owned(),
        expires_at: now.plus(Duration::from_hours(48)),
    };
    app.engine.grant_waiver(&cleo, new).await.unwrap();
}

/// Asks for `acme/words`, and has it approved on a condition.
pub(crate) async fn approved(app: &TestApp, dana: &Browser<'_>) -> String {
    let (_, place) = dana.send("/ui/requests/new", WISH).await;
    let id = place.strip_prefix("/ui/requests/").unwrap().to_owned();
    let auditor = app.person("audrey", Role::Auditor, "production");
    while app.engine.show_request(&auditor, &id).await.unwrap().files.missing > 0 {
        tokio::task::yield_now().await;
    }
    for (name, role) in [
        ("sam", Role::SecurityReviewer),
        ("carl", Role::ComplianceReviewer),
        ("ann", Role::Approver),
    ] {
        let browser = Browser::of(app, name, role).await;
        let answer = "answer=yes&comment=read&until=2026-07-31&conditions=not+for+mail";
        assert_eq!(browser.send(&format!("{place}/answer"), answer).await.0, 303);
    }
    place
}

#[tokio::test]
async fn waivers_and_approvals_are_seen_on_every_page_of_the_artifact() {
    let (_hub, app) = weighed().await;
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    waived(&app, "production").await;
    let request = approved(&app, &dana).await;
    app.get_as(&app.token("ci", "production", &[]).await, "/api/models/acme/words").await;
    let decision = crate::decision_on(&app, "acme/words", "production").await;
    let decision = format!("/ui/decisions/{decision}");
    for path in [WHY, &decision, &request] {
        let (_, shown) = dana.look(path).await;
        for part in [
            "Waivers in force",
            "licence-unknown",
            "<td class=\"mono\">acme/*</td>",
            "cleo",
            "its authors &#60;i&#62;are&#60;/i&#62; asked",
            "2026-06-03 12:00 UTC",
            "not for mail",
            "2026-07-31 23:59 UTC",
        ] {
            assert!(shown.contains(part), "{path}: {part}: {shown}");
        }
    }
    for path in [WHY, &decision] {
        let (_, shown) = dana.look(path).await;
        assert!(shown.contains("Approvals that hold") && shown.contains(&request), "{shown}");
    }
    let elsewhere = "/ui/why?ref=mystery/none@main&environment=production";
    assert!(!dana.look(elsewhere).await.1.contains("Waivers in force"));

    // The same in the API, with the same words.
    let door = Door::of(&app, &admin_token(&app, "root").await);
    let why = door.get("/why?ref=acme/words@main&environment=production").await;
    let exceptions = &why["exceptions"];
    assert_eq!(exceptions["waivers"][0]["rule"], "licence-unknown", "{why}");
    assert_eq!(exceptions["approvals"][0]["conditions"], "not for mail", "{why}");
    let id = request.strip_prefix("/ui/requests/").unwrap();
    let told = door.get(&format!("/requests/{id}")).await;
    assert_eq!(told["exceptions"]["waivers"][0]["granted_by"], "cleo", "{told}");

    app.advance(Duration::from_hours(49));
    let dana = Browser::again(&app, "dana").await;
    for path in [WHY, &request] {
        let (_, shown) = dana.look(path).await;
        assert!(!shown.contains("Waivers in force"), "{path}: it has ended: {shown}");
    }
}

#[tokio::test]
async fn a_passer_by_sees_that_a_rule_is_set_aside_and_not_what_people_wrote() {
    let (_hub, app) = weighed().await;
    waived(&app, "dev").await;
    let shown = text(&app.get("/ui/why?ref=acme/words@main&environment=dev").await);
    assert!(shown.contains("Waivers in force") && shown.contains("licence-unknown"), "{shown}");
    assert!(!shown.contains("its authors"), "{shown}");
    let why = text(&app.get("/api/v1/why?ref=acme/words@main&environment=dev").await);
    assert!(why.contains("licence-unknown") && !why.contains("its authors"), "{why}");
}
