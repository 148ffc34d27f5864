//! Bodies are erased; the tree, its proofs, receipts and copies hold as before.

use std::time::Duration;

use weighbridge_domain::{Digest, Role};
use weighbridge_engine::{
    EraseError, ErasureScope, NewToken, exported_files, verify_export, verify_receipt,
};
use weighbridge_testkit::TestApp;

use crate::door::Door;

async fn with_people() -> TestApp {
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |_| {}).await;
    for name in ["dana", "sam", "dana-2", "ann"] {
        let new = NewToken {
            name: name.to_owned(),
            role: Role::Developer,
            environment: "dev".parse().unwrap(),
            entitled_to: Vec::new(),
            expires_at: None,
        };
        app.engine.create_token(&app.admin(), new).await.unwrap();
    }
    app
}

async fn export(app: &TestApp) -> tempfile::TempDir {
    let note = app.engine.checkpoint().await.unwrap().note;
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    for path in exported_files(&note).unwrap() {
        put(&path, &app.engine.read_log(&path).await.unwrap().unwrap());
    }
    put("checkpoint", note.as_bytes());
    put("key", app.engine.log_key().as_bytes());
    folder
}

#[tokio::test]
async fn what_is_personal_goes_and_everything_verifies_as_before() {
    let app = with_people().await;
    let before = app.engine.list_entries(0, 100).await.unwrap();
    let of_dana = before.iter().find(|entry| entry.body.contains("\"dana\"")).unwrap();
    let early = app.engine.receipt(of_dana.position).await.unwrap().unwrap();

    let person = ErasureScope::Person("dana".to_owned());
    let named = app.engine.erase_bodies(&app.admin(), person.clone(), "Dana asked for it").await;
    assert!(matches!(named.unwrap_err(), EraseError::NamesThePerson));
    let report =
        app.engine.erase_bodies(&app.admin(), person.clone(), "a request of 20 November").await;
    let report = report.unwrap();
    assert_eq!((report.erased, report.is_more), (1, false));
    let again = app.engine.erase_bodies(&app.admin(), person, "once more").await.unwrap();
    assert_eq!((again.erased, again.position), (0, None));

    let after = app.engine.list_entries(0, 100).await.unwrap();
    assert!(!after.iter().any(|entry| entry.body.contains("\"dana\"")));
    assert!(after.iter().any(|entry| entry.body.contains("\"dana-2\"")));
    let told = after.last().unwrap();
    assert_eq!(
        (told.kind.as_str(), told.position),
        ("ledger.bodies-erased", report.position.unwrap())
    );
    let verified = app.engine.verify_ledger().await.unwrap();
    assert_eq!((verified.erased, verified.fault), (1, None));
    // Receipts from before and from after prove the same entry.
    let late = app.engine.receipt(of_dana.position).await.unwrap().unwrap();
    let key = app.engine.log_key();
    let (early, late) =
        (verify_receipt(&early, &key).unwrap(), verify_receipt(&late, &key).unwrap());
    assert_eq!(early.entry, late.entry);
    let copy = export(&app).await;
    assert_eq!(verify_export(copy.path(), Some(&key)).unwrap().erased, 1);
    let auditor = crate::door::token_of(&app, "audrey", Role::Auditor).await;
    let path = format!("/audit/entries?after={}&limit=1", of_dana.position - 1);
    let shown = Door::of(&app, &auditor).get(&path).await;
    assert_eq!(shown["items"][0]["body"], serde_json::Value::Null, "{shown}");
    let path = format!("/api/v1/audit/stream?after={}&limit=1", of_dana.position - 1);
    let line = app.get_as(&auditor, &path).await.json();
    assert_eq!(line["body"], serde_json::Value::Null, "{line}");
    assert_eq!(line["body_sha256"], Digest::of(of_dana.body.as_bytes()).to_string());
}

#[tokio::test]
async fn a_digest_that_is_left_does_not_tell_what_was_there() {
    let app = with_people().await;
    let entries = app.engine.list_entries(0, 100).await.unwrap();
    for entry in &entries {
        let (_, rest) = entry.body.split_once("\"salt\":\"").unwrap();
        assert!(rest.find('"') == Some(32), "{}", entry.body);
        let without = format!("{{{}", entry.body.split_once(',').unwrap().1);
        assert_ne!(Digest::of(without.as_bytes()), Digest::of(entry.body.as_bytes()));
    }
    let mut salts: Vec<_> = entries.iter().map(|entry| entry.body.get(..45).unwrap()).collect();
    salts.sort_unstable();
    salts.dedup();
    assert_eq!(salts.len(), entries.len());
}

#[tokio::test]
async fn only_what_explains_no_decision_goes_by_age() {
    let app = with_people().await;
    let now = app.engine.settings().clock.now();
    app.advance(Duration::from_hours(24 * 400));
    let age = |kind: &str| ErasureScope::Age { kinds: vec![kind.to_owned()], before: now };
    for kind in ["decision.made", "request.answered", "token.created", "ledger.bodies-erased"] {
        let refused = app.engine.erase_bodies(&app.admin(), age(kind), "old").await.unwrap_err();
        assert!(matches!(refused, EraseError::NotByAge(_)), "{kind}: {refused}");
    }
    let none = app.engine.erase_bodies(&app.admin(), age("pulls"), "old").await.unwrap();
    assert_eq!(none.erased, 0);
    let later = app.engine.settings().clock.now().plus(Duration::from_secs(1));
    let future = ErasureScope::Age { kinds: vec!["pulls".to_owned()], before: later };
    let refused = app.engine.erase_bodies(&app.admin(), future, "old").await.unwrap_err();
    assert!(matches!(refused, EraseError::NotPast(_)), "{refused}");
}

#[tokio::test]
async fn what_tells_of_traffic_goes_by_itself_when_it_is_old_and_the_rest_stays() {
    let days = |number: u64| Duration::from_hours(24 * number);
    let app = TestApp::new(env!("CARGO_BIN_EXE_weighbridge"), |settings| {
        settings.keep_bodies = Some(days(400));
    })
    .await;
    let dana = app.account("dana", &[(Role::Developer, "**", None)]).await;
    for _ in 0..510 {
        let opener = weighbridge_engine::Opener::Account(&dana);
        app.engine.open_session(opener, "here", "test").await.unwrap();
    }
    assert_eq!(app.engine.erase_what_is_old().await.unwrap(), 0);
    app.advance(days(300));
    let opener = weighbridge_engine::Opener::Account(&dana);
    app.engine.open_session(opener, "here", "test").await.unwrap();
    app.advance(days(101));
    // Two replicas, and a stop: what is gone is gone once.
    let other = weighbridge_engine::Engine::open(app.engine.settings().clone()).await.unwrap();
    let (one, two) = tokio::join!(app.engine.erase_what_is_old(), other.erase_what_is_old());
    assert_eq!(one.unwrap() + two.unwrap(), 510);
    drop(other);
    let app = app.restarted().await;
    assert_eq!(app.engine.erase_what_is_old().await.unwrap(), 0);

    let entries = app.engine.list_entries(0, 10_000).await.unwrap();
    // Each body has a salt; what stays of one that was erased has none.
    let gone: Vec<_> = entries.iter().filter(|entry| !entry.body.contains("\"salt\"")).collect();
    assert_eq!(gone.len(), 510);
    assert!(gone.iter().all(|entry| entry.kind == "session.opened"));
    let told: Vec<_> =
        entries.iter().filter(|entry| entry.kind == "ledger.bodies-erased").collect();
    assert_eq!(told.len(), 2, "an entry for each batch");
    assert!(told.iter().all(|entry| entry.body.contains("\"by\":\"weighbridge\"")));
    assert!(app.engine.verify_ledger().await.unwrap().fault.is_none());
    let copy = export(&app).await;
    let report = verify_export(copy.path(), None).unwrap();
    assert_eq!(report.erased, 510);
    // The session of a hundred days ago is kept until its time has come.
    app.advance(days(300));
    assert_eq!(app.engine.erase_what_is_old().await.unwrap(), 1);
}
