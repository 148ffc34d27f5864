//! What is said about a revision, signed, on its pages; and one envelope to keep.

use http::Method;
use weighbridge_domain::Role;
use weighbridge_engine::Opener;

use crate::door::{Door, admin_token};
use crate::exceptions::approved;
use crate::pages::text;
use crate::requests::Browser;
use crate::weighed;

const WHY: &str = "/ui/why?ref=acme/words@main&environment=production";

/// Where the first envelope of a kind lies, by the words on the page.
fn envelope_of(page: &str, words: &str) -> String {
    let (_, row) = page.split_once(words).unwrap_or_else(|| panic!("{words}: {page}"));
    let (_, link) = row.split_once("href=\"/ui/attestations/").unwrap();
    format!("/ui/attestations/{}", link.split('"').next().unwrap())
}

#[tokio::test]
async fn statements_are_listed_with_their_grades_and_kept_as_they_were_signed() {
    let (hub, app) = weighed().await;
    hub.publish("acme/big", "model.safetensors", vec![0; 200_000]);
    app.get("/api/models/acme/big").await;
    let dana = Browser::of(&app, "dana", Role::Developer).await;
    let (_, shown) = dana.look("/ui/why?ref=acme/big@main").await;
    assert!(shown.contains("Nothing yet: a statement is about bytes"), "{shown}");
    approved(&app, &dana).await;
    let (_, shown) = dana.look(WHY).await;
    for part in [
        "<span class=\"badge allow\">verified</span>",
        "<span class=\"badge plain\">declared</span>",
        "<span class=\"badge hold\">missing</span>",
        "Received whole, with the hashes upstream promised",
        "https://weighbridge/approval/v1",
        "this instance",
        "key ",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!text(&app.get("/ui/why?ref=acme/words@main").await).contains("signed</h2>"));

    let path = envelope_of(&shown, "The approval");
    assert_eq!(app.get(&path).await.status, 401, "the page asks to sign in");
    let account = app.engine.find_account("dana").await.unwrap().unwrap().account;
    let session = app.engine.open_session(Opener::Account(&account), "here", "test").await.unwrap();
    let cookie = format!("weighbridge={}", session.reveal());
    let kept = app.send(Method::GET, &path, &[("cookie", &cookie)]).await;
    assert_eq!(kept.status, 200);
    assert!(kept.header("content-disposition").ends_with(".dsse.json\""), "{kept:?}");
    let root = admin_token(&app, "root").await;
    let digest = path.strip_prefix("/ui/attestations/").unwrap();
    let served = app.get_as(&root, &format!("/api/v1/attestations/{digest}")).await;
    assert_eq!(kept.body, served.body, "byte for byte");
    let (_, bundle) = dana.look(&format!("{path}?form=sigstore")).await;
    assert!(bundle.contains("bundle.v0.3"), "{bundle}");
    assert_eq!(dana.look(&format!("{path}?form=odd")).await.0, 400);
    assert_eq!(dana.look(&format!("/ui/attestations/{}", "0".repeat(64))).await.0, 404);
}

#[tokio::test]
async fn what_is_said_about_a_gated_repository_is_for_those_who_may_know_of_it() {
    let (hub, app) = weighed().await;
    hub.publish("meta/gated", "words.txt", b"for some");
    hub.repo("meta/gated").gated().requires_token("hf_upstream");
    let (source, pattern) = ("hub".parse().unwrap(), "meta/*".parse().unwrap());
    app.engine.set_source_credential(&app.admin(), &source, pattern, "hf_upstream").await.unwrap();
    let alice = app.token("alice", "dev", &["meta/*"]).await;
    let commit = hub.repo("meta/gated").head();
    let file = format!("/meta/gated/resolve/{commit}/words.txt");
    assert_eq!(app.get_as(&alice, &file).await.status, 200);
    let path = &format!("/ui/why?ref=meta/gated@{commit}&environment=dev");
    let sam = Browser::of(&app, "sam", Role::SecurityReviewer).await;
    let (_, shown) = sam.look(path).await;
    let envelope = envelope_of(&shown, "Received whole");
    let bob = Browser::of(&app, "bob", Role::Developer).await;
    let (_, shown) = bob.look(path).await;
    assert!(shown.contains("not-entitled") && !shown.contains("signed</h2>"), "{shown}");
    assert_eq!(bob.look(&envelope).await.0, 404);
    assert_eq!(sam.look(&envelope).await.0, 200);
    let door = Door::of(&app, &alice);
    let listed = door.get(&format!("/revision/attestations?ref=meta/gated@{commit}")).await;
    assert!(listed["items"][0].is_object(), "{listed}");
}
