//! The policy in the console: its versions, what differs, what it would have done, and the forms with which two
//! people change it.

use weighbridge_domain::Role;
use weighbridge_testkit::{FakeHub, TestApp};

use crate::requests::Browser;
use crate::weighed;

const CHANGE: &str = "/ui/policy/change";
const VERSIONS: &str = "/ui/policy/versions";
/// Whatever declares no licence is refused in `dev`.
const SWITCH: &str =
    "against=1&mode/dev/licence-unknown=enforce&days=30&because=too+%3Cb%3Emany%3C%2Fb%3E";

async fn pulled(hub: &FakeHub, app: &TestApp) -> String {
    let path = format!("/acme/words/resolve/{}/words.txt", hub.repo("acme/words").head());
    for name in ["ann", "bob"] {
        let token = app.token(name, "dev", &[]).await;
        assert_eq!(app.get_as(&token, &path).await.status, 200);
    }
    path
}

#[tokio::test]
async fn switches_are_tried_out_proposed_and_confirmed_by_somebody_else_in_the_browser() {
    let (hub, app) = weighed().await;
    let path = pulled(&hub, &app).await;
    let root = Browser::of(&app, "root", Role::Admin).await;
    let sam = Browser::of(&app, "sam", Role::SecurityReviewer).await;
    let (status, shown) = sam.look(CHANGE).await;
    assert_eq!(status, 200);
    assert!(shown.contains("name=\"mode/dev/licence-unknown\""), "{shown}");
    let (status, shown) = sam.send(CHANGE, &format!("{SWITCH}&do=try")).await;
    assert_eq!(status, 200, "{shown}");
    for part in [
        "would have blocked 2 pulls by 2 people",
        "<td class=\"mono\">licence-unknown</td><td>2</td><td>2</td>",
        "ann <small>1</small>, bob <small>1</small>",
        "<small class=\"line\">now warn</small>",
        "too &#60;b&#62;many&#60;/b&#62;</textarea>",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!sam.look(VERSIONS).await.1.contains("proposed</a>"), "trying out records nothing");

    let (status, place) = sam.send(CHANGE, &format!("{SWITCH}&do=propose")).await;
    assert_eq!((status, place.as_str()), (303, "/ui/policy/versions/2"), "{place}");
    let (_, shown) = sam.look(&place).await;
    for part in [
        "You proposed it: another administrator or security-reviewer has to confirm it",
        "would have blocked 2 pulls by 2 people",
        "<span class=\"del\">warn</span>",
        "<span class=\"add\">enforce</span>",
        "+mode = &#34;enforce&#34;",
        "Take it back",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("Confirm version"), "{shown}");
    let (status, shown) = sam.send(&format!("{place}/confirm"), "").await;
    assert!(status == 403 && shown.contains("it takes somebody else to confirm it"), "{shown}");

    let (_, shown) = root.look("/ui/policy").await;
    assert!(
        shown.contains("<a href=\"/ui/policy/versions/2\">Version 2</a> is proposed"),
        "{shown}"
    );
    let (status, shown) = root.send(&format!("{place}/try"), "days=7").await;
    assert!(
        status == 200 && shown.contains("Tried out now: would have blocked 2 pulls"),
        "{shown}"
    );
    assert_eq!(app.get(&path).await.status, 200, "a proposal decides nothing");
    assert_eq!(root.send(&format!("{place}/confirm"), "").await, (303, place.clone()));
    assert_ne!(app.get(&path).await.status, 200, "it decides at once");

    // What was chosen against another version is not taken, and nothing of it is lost.
    let (status, shown) = root.send(CHANGE, &format!("{SWITCH}&do=propose")).await;
    assert!(status == 409 && shown.contains("version 2 became active since"), "{shown}");
    let same = SWITCH.replace("against=1", "against=2");
    let (status, shown) = root.send(CHANGE, &format!("{same}&do=propose")).await;
    assert!(status == 409 && shown.contains("nothing differs from version 2"), "{shown}");

    // Back the same way.
    let (_, shown) = root.look(&format!("{VERSIONS}/1")).await;
    assert!(shown.contains("Propose version 1 again"), "{shown}");
    let (_, place) = root.send(&format!("{VERSIONS}/1/again"), "because=a+mistake").await;
    assert_eq!(place, "/ui/policy/versions/3");
    let (_, shown) = sam.look(&place).await;
    assert!(shown.contains("Brings back") && shown.contains("Confirm version 3"), "{shown}");
    assert_eq!(sam.send(&format!("{place}/confirm"), "").await.0, 303);
    assert_eq!(app.get(&path).await.status, 200);
    let (_, shown) = sam.look(VERSIONS).await;
    assert!(shown.contains("a mistake") && shown.contains("version 1 again"), "{shown}");
}

#[tokio::test]
async fn a_proposal_is_refused_and_an_outdated_one_is_not_confirmed() {
    let (_hub, app) = weighed().await;
    let root = Browser::of(&app, "root", Role::Admin).await;
    let sam = Browser::of(&app, "sam", Role::SecurityReviewer).await;
    let propose = async |because: &str| {
        let form = format!("{SWITCH}&do=propose").replace("too+%3Cb%3Emany%3C%2Fb%3E", because);
        sam.send(CHANGE, &form).await.1
    };
    let (one, two, three) = (propose("one").await, propose("two").await, propose("three").await);
    assert_eq!(root.send(&format!("{one}/withdraw"), "").await, (303, one.clone()));
    let (_, shown) = root.look(&one).await;
    assert!(shown.contains(">withdrawn</span>") && shown.contains("Withdrawn by"), "{shown}");
    let (status, shown) = root.send(&format!("{one}/confirm"), "").await;
    assert!(status == 409 && shown.contains("version 2 is withdrawn"), "{shown}");
    assert_eq!(root.send(&format!("{two}/confirm"), "").await.0, 303);
    let (_, shown) = root.look(&three).await;
    assert!(shown.contains("it has to be proposed again"), "{shown}");
    assert!(!shown.contains("Confirm version"), "{shown}");
    assert_eq!(root.send(&format!("{three}/confirm"), "").await.0, 409);
    let (status, shown) = sam.send(CHANGE, &format!("{SWITCH}&do=try").replace("30", "0")).await;
    assert!(status == 400 && shown.contains("role=\"alert\""), "{shown}");
}

/// Every role looks at every page and sends every form.
#[tokio::test]
async fn the_forms_are_for_those_who_change_the_policy() {
    let (_hub, app) = weighed().await;
    for path in [VERSIONS, &format!("{VERSIONS}/1"), CHANGE] {
        assert_eq!(app.get(path).await.status, 401, "{path}");
    }
    for role in Role::ALL {
        let browser = Browser::of(&app, &format!("the-{role}"), role).await;
        let may = role.changes_policy();
        for path in ["/ui/policy", VERSIONS, &format!("{VERSIONS}/1")] {
            let (status, shown) = browser.look(path).await;
            assert_eq!(status, 200, "{role} {path}");
            assert_eq!(shown.contains("Change switches"), may, "{role} {path}: {shown}");
        }
        assert_eq!(browser.look(CHANGE).await.0, if may { 200 } else { 403 }, "{role}");
        let (first, change) = (format!("{VERSIONS}/1"), format!("{SWITCH}&do=try"));
        for (path, form, good) in [
            (CHANGE, change.as_str(), 200),
            (&format!("{first}/try"), "days=7", 200),
            (&format!("{first}/again"), "because=b", 303),
            (&format!("{first}/confirm"), "", 409),
            (&format!("{first}/withdraw"), "", 409),
            (&format!("{VERSIONS}/99/confirm"), "", 404),
        ] {
            let (status, answer) = browser.send(path, form).await;
            let known = path.contains("/99/");
            let wanted = if may || known && status == 404 { good } else { 403 };
            assert_eq!(status, wanted, "{role} {path}: {answer}");
        }
    }
    // A role for one namespace does not reach the policy, which is everybody's.
    app.account("part", &[(Role::SecurityReviewer, "acme/*", None)]).await;
    let part = Browser::again(&app, "part").await;
    assert_eq!(part.look(CHANGE).await.0, 403);
    let (status, shown) = part.send(&format!("{VERSIONS}/1/try"), "days=7").await;
    assert!(status == 403 && shown.contains("for a part only"), "{shown}");
}
