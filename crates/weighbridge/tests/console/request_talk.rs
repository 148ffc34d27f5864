//! What a reviewer sees on the page of a request, and the forms to talk about it.

use weighbridge_domain::Role;
use weighbridge_testkit::TestApp;

use crate::requests::{Browser, WISH};
use crate::weighed;

/// Asks, and waits until everything is here.
async fn asked(app: &TestApp, dana: &Browser<'_>) -> (String, String) {
    let (status, place) = dana.send("/ui/requests/new", WISH).await;
    assert_eq!(status, 303, "{place}");
    let id = place.strip_prefix("/ui/requests/").unwrap().to_owned();
    let auditor = app.person("audrey", Role::Auditor, "production");
    while app.engine.show_request(&auditor, &id).await.unwrap().files.missing > 0 {
        tokio::task::yield_now().await;
    }
    (place, id)
}

#[tokio::test]
async fn a_question_is_asked_and_replied_to_in_the_browser() {
    let (_hub, app) = weighed().await;
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    let (place, _) = asked(&app, &dana).await;
    let sam = Browser::of(&app, "sam", Role::SecurityReviewer).await;
    let say = format!("{place}/say");
    let (_, shown) = sam.look(&place).await;
    assert!(shown.contains("Ask dana") && !shown.contains("value=\"reply\""), "{shown}");
    assert!(shown.contains("None was approved for production before"), "{shown}");
    assert!(shown.contains("What policy still objects to"), "{shown}");
    assert_eq!(sam.send(&say, "kind=question&text=whose+%3Ci%3Edata%3C%2Fi%3E").await.0, 303);

    let (_, shown) = sam.look(&place).await;
    assert!(shown.contains("Waits for the requester"), "{shown}");
    assert!(shown.contains("value=\"yes\" disabled"), "nobody says yes now: {shown}");
    assert!(shown.contains("whose &#60;i&#62;data") && !shown.contains("whose <i>"), "{shown}");
    let cleo = Browser::of(&app, "cleo", Role::ComplianceReviewer).await;
    let (status, shown) = cleo.send(&say, "kind=reply&text=not+mine+to+say").await;
    assert!(status == 403 || status == 409, "{status}");
    assert!(shown.contains("role=\"alert\"") && shown.contains(">not mine to say</textarea>"));
    assert_eq!(cleo.send(&say, "kind=shout&text=x").await.0, 400);

    let (_, shown) = dana.look(&place).await;
    assert!(shown.contains("value=\"reply\""), "{shown}");
    assert_eq!(dana.send(&say, "kind=reply&text=our+own+tickets").await.0, 303);
    let (_, shown) = sam.look(&place).await;
    assert!(shown.contains("our own tickets") && !shown.contains("Waits for the requester"));
    assert!(!shown.contains("value=\"yes\" disabled"), "{shown}");
    assert!(shown.find("whose").unwrap() < shown.find("our own").unwrap(), "the oldest first");
}

#[tokio::test]
async fn a_part_is_given_to_a_person_and_escalated_in_the_browser() {
    let (_hub, app) = weighed().await;
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    let (place, _) = asked(&app, &dana).await;
    let sam = Browser::of(&app, "sam", Role::SecurityReviewer).await;
    let _sue = Browser::of(&app, "sue", Role::SecurityReviewer).await;
    let (_, shown) = dana.look(&place).await;
    assert!(!shown.contains("/reassign\""), "whoever asked gives it to nobody: {shown}");
    assert!(shown.contains("/escalate\""), "{shown}");
    let (_, shown) = sam.look(&place).await;
    assert!(shown.contains("<option>sue</option>") && !shown.contains("<option>dana</option>"));

    let give = "role=security-reviewer&because=she+knows+it";
    let reassign = format!("{place}/reassign");
    assert_eq!(sam.send(&reassign, &format!("{give}&to=eve")).await.0, 404, "nobody of the role");
    assert_eq!(sam.send(&reassign, &format!("{give}&to=sue")).await, (303, place.clone()));
    let (_, shown) = sam.look(&place).await;
    assert!(shown.contains("<td>sue</td>") && shown.contains("she knows it"), "{shown}");

    let escalate = "role=security-reviewer&because=three+days";
    assert_eq!(dana.send(&format!("{place}/escalate"), escalate).await, (303, place.clone()));
    let (_, shown) = dana.look(&place).await;
    assert!(shown.contains("three days") && !shown.contains("<td>sue</td>"), "{shown}");
    let eve = Browser::of(&app, "eve", Role::Developer).await;
    assert_eq!(eve.send(&format!("{place}/escalate"), escalate).await.0, 404);
}

#[tokio::test]
async fn what_differs_from_the_revision_approved_last_is_shown_with_signs() {
    let (hub, app) = weighed().await;
    hub.publish("acme/words", "README.md", "# Words\n\nIt counts.\n");
    hub.publish("acme/words", "old.txt", "old");
    app.advance(std::time::Duration::from_hours(1));
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    let (place, _) = asked(&app, &dana).await;
    for (name, role) in [
        ("sam", Role::SecurityReviewer),
        ("cleo", Role::ComplianceReviewer),
        ("ann", Role::Approver),
    ] {
        let browser = Browser::of(&app, name, role).await;
        let answer = "answer=yes&comment=read&until=&conditions=";
        assert_eq!(browser.send(&format!("{place}/answer"), answer).await.0, 303);
    }
    hub.publish("acme/words", "README.md", "# Words\n\nIt counts <b>more</b>.\n");
    hub.publish("acme/words", "new.txt", "new");
    hub.remove("acme/words", "old.txt");
    app.advance(std::time::Duration::from_hours(1));
    let dora = Browser::of(&app, "dora", Role::Developer).await;
    let (second, _) = asked(&app, &dora).await;
    assert_ne!(second, place);
    let paul = Browser::of(&app, "paul", Role::SecurityReviewer).await;
    let (_, shown) = paul.look(&second).await;
    for part in [
        "<span class=\"del\">-It counts.</span>",
        "<span class=\"add\">+It counts &#60;b&#62;more&#60;/b&#62;.</span>",
        "+ added",
        "− removed",
        "± changed",
        "Earlier requests for artifacts of the same publisher or name: 1",
        &format!("href=\"{place}\""),
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}
