//! Recall: bytes that are bad are denied wherever they are, by those who answer for all who have them.

use weighbridge_domain::{Role, Topic};
use weighbridge_engine::{Ask, NewWebhook, RecallError};
use weighbridge_testkit::{FakeHub, Receiver, TestApp};

use crate::gateway;

const TERMS: &str = "the same terms as everybody's";

/// Two artifacts that share a file, both pulled once.
async fn pulled() -> (FakeHub, TestApp, Ask) {
    let (hub, app) = gateway().await;
    for name in ["acme/tiny", "other/tiny"] {
        hub.publish(name, "LICENSE", TERMS);
        let commit = hub.publish(name, "config.json", format!("{{\"name\":\"{name}\"}}"));
        for file in ["LICENSE", "config.json"] {
            let path = format!("/{name}/resolve/{commit}/{file}");
            assert_eq!(app.get(&path).await.status, 200, "{name} {file}");
        }
    }
    // No source is asked: upstream may be gone.
    let commit = hub.repo("acme/tiny").head();
    (hub, app, Ask::parse(&format!("acme/tiny@{commit}")).unwrap())
}

async fn served(app: &TestApp, hub: &FakeHub, name: &str, file: &str) -> u16 {
    let commit = hub.repo(name).head();
    app.get(&format!("/{name}/resolve/{commit}/{file}")).await.status.as_u16()
}

#[tokio::test]
async fn a_revision_is_recalled_without_what_others_have_too() {
    let (hub, app, ask) = pulled().await;
    let receiver = Receiver::start().await;
    let (name, topics) = ("pager".to_owned(), vec![Topic::Alarm]);
    let new = NewWebhook { name, url: receiver.url(), topics };
    app.engine.add_webhook(&app.admin(), new).await.unwrap();
    let sue = app.person("sue", Role::SecurityReviewer, "dev");
    let cleo = app.person("cleo", Role::ComplianceReviewer, "dev");
    let refused = app.engine.recall_revision(&cleo, &ask, "it is bad").await.unwrap_err();
    assert!(matches!(refused, RecallError::OutOfReach(_)), "{refused}");

    let report = app.engine.recall_revision(&sue, &ask, "it phones home").await.unwrap();
    let recalled: Vec<_> = report.recalled.iter().map(|row| row.path.to_string()).collect();
    assert_eq!(recalled, ["config.json"]);
    let left: Vec<_> = report.left.iter().map(ToString::to_string).collect();
    assert_eq!(left, ["LICENSE"]);
    let who: Vec<_> = report.downloads.iter().map(|one| one.row.caller.as_str()).collect();
    assert_eq!(who, ["anonymous"]);
    assert_eq!(report.denied.len(), 1);
    // The whole revision is denied, the file that it shares is served to the others.
    assert_eq!(served(&app, &hub, "acme/tiny", "LICENSE").await, 404);
    assert_eq!(served(&app, &hub, "other/tiny", "LICENSE").await, 200);
    app.engine.tell_now().await.unwrap();
    assert_eq!(receiver.got()[0].json()["type"], "weighbridge.files.recalled");
    let again = app.engine.recall_revision(&sue, &ask, "it phones home").await.unwrap_err();
    assert!(matches!(again, RecallError::AllShared), "{again}");
    // It stays so, whatever was prepared before.
    let app = app.restarted().await;
    assert_eq!(served(&app, &hub, "acme/tiny", "config.json").await, 404);
    let shown = app.engine.show_recall(&sue, report.recalled[0].digest).await.unwrap();
    assert_eq!((shown.recalled, shown.downloads.len()), (report.recalled, 1));
}

/// The next artifact may come under the same licence, and what is recalled stays recalled.
#[tokio::test]
async fn a_text_that_says_nothing_bad_is_left_where_something_else_is_recalled() {
    let (hub, app) = gateway().await;
    for name in ["acme/tiny", "later/tiny"] {
        hub.publish(name, "LICENSE", TERMS);
        hub.publish(name, "code.py", format!("NAME = '{name}'\n"));
    }
    for file in ["LICENSE", "code.py"] {
        assert_eq!(served(&app, &hub, "acme/tiny", file).await, 200, "{file}");
    }
    let commit = hub.repo("acme/tiny").head();
    let ask = Ask::parse(&format!("acme/tiny@{commit}")).unwrap();
    let sue = app.person("sue", Role::SecurityReviewer, "dev");
    let report = app.engine.recall_revision(&sue, &ask, "it is bad").await.unwrap();
    let recalled: Vec<_> = report.recalled.iter().map(|row| row.path.to_string()).collect();
    assert_eq!((recalled, report.left.len()), (vec!["code.py".to_owned()], 1));
    assert_eq!(served(&app, &hub, "acme/tiny", "LICENSE").await, 404);
    assert_eq!(served(&app, &hub, "later/tiny", "LICENSE").await, 200);
}

/// Every package has an empty `__init__.py`, and what is recalled stays recalled.
#[tokio::test]
async fn an_empty_file_is_not_recalled_with_its_revision() {
    let (hub, app) = gateway().await;
    for name in ["acme/tiny", "later/tiny"] {
        hub.publish(name, "config.json", format!("{{\"name\":\"{name}\"}}"));
        hub.publish(name, "__init__.py", "");
    }
    for file in ["config.json", "__init__.py"] {
        assert_eq!(served(&app, &hub, "acme/tiny", file).await, 200, "{file}");
    }
    let commit = hub.repo("acme/tiny").head();
    let ask = Ask::parse(&format!("acme/tiny@{commit}")).unwrap();
    let sue = app.person("sue", Role::SecurityReviewer, "dev");
    let report = app.engine.recall_revision(&sue, &ask, "it is bad").await.unwrap();
    assert_eq!((report.recalled.len(), report.left.len()), (1, 1));
    assert_eq!(served(&app, &hub, "acme/tiny", "config.json").await, 404);
    for file in ["config.json", "__init__.py"] {
        assert_eq!(served(&app, &hub, "later/tiny", file).await, 200, "{file}");
    }
}

#[tokio::test]
async fn bytes_are_recalled_from_everybody_by_those_who_answer_for_everybody_who_has_them() {
    let (hub, app, ask) = pulled().await;
    let narrow = app.account("nora", &[(Role::SecurityReviewer, "acme/*", None)]).await;
    let token = app.personal_token(&narrow, Role::SecurityReviewer, "dev").await;
    let secret = weighbridge_domain::TokenSecret::from_client(&token);
    let nora = app.engine.sign_in(secret.as_ref(), None).await.unwrap();
    let terms = hub.digest_of("acme/tiny", "LICENSE");
    let paths = ["LICENSE".parse().unwrap()];
    for refused in [
        app.engine.recall_files(&nora, &ask, &paths, "bad").await.unwrap_err(),
        app.engine.recall_bytes(&nora, terms, "bad").await.unwrap_err(),
    ] {
        assert!(refused.to_string().contains("for `other/tiny`"), "{refused}");
    }
    let none = app.engine.list_recalls(&nora, None, 9).await.unwrap();
    assert!(none.is_empty());
    let sue = app.person("sue", Role::SecurityReviewer, "dev");
    let missing = ["none.json".parse().unwrap()];
    let refused = app.engine.recall_files(&sue, &ask, &missing, "bad").await.unwrap_err();
    assert!(matches!(refused, RecallError::NotReleased(_)), "{refused}");
    let report = app.engine.recall_bytes(&sue, terms, "bad").await.unwrap();
    let mut denied: Vec<_> =
        report.denied.iter().map(|(artifact, _)| artifact.to_string()).collect();
    denied.dedup();
    assert_eq!(denied, ["acme/tiny", "other/tiny"]);
    assert_eq!(report.downloads.iter().map(|one| one.row.times).sum::<u64>(), 2);
    for name in ["acme/tiny", "other/tiny"] {
        assert_eq!(served(&app, &hub, name, "config.json").await, 404, "{name}");
    }
    // Who reads nothing about it is told of nothing.
    let other = app.account("otto", &[(Role::SecurityReviewer, "third/*", None)]).await;
    let token = app.personal_token(&other, Role::SecurityReviewer, "dev").await;
    let listed = app.get_as(&token, "/api/v1/recalls").await.json();
    assert_eq!(listed["items"], serde_json::json!([]));
    let shown = app.get_as(&token, &format!("/api/v1/recalls/{terms}")).await;
    assert_eq!(shown.status, 404);
}
