//! What those who answer see, and what those who wait are told.

use std::time::Duration;

use weighbridge_domain::{Environment, Role};
use weighbridge_engine::{Ask, FileChangeKind, RequestReport};
use weighbridge_testkit::TestApp;

use crate::gateway;
use crate::requests::{here_whole, request, yes};
use crate::samples::safetensors;

/// Asks for what a name means now and has everybody say yes.
pub(crate) async fn approved(app: &TestApp, reference: &str) -> RequestReport {
    let dana = app.person("dana", Role::Developer, "dev");
    let made = app.engine.request_use(&dana, request(reference)).await.unwrap();
    here_whole(app, &made.row.id).await;
    for (name, role) in [
        ("sam", Role::SecurityReviewer),
        ("cleo", Role::ComplianceReviewer),
        ("ann", Role::Approver),
    ] {
        let by = app.person(name, role, "production");
        app.engine.answer_request(&by, &made.row.id, yes()).await.unwrap();
    }
    app.engine.show_request(&dana, &made.row.id).await.unwrap()
}

#[tokio::test]
async fn a_reviewer_sees_what_differs_from_the_revision_that_was_approved_last() {
    let (hub, app) = gateway().await;
    hub.repo("acme/tiny").licence("apache-2.0");
    hub.publish("acme/tiny", "README.md", "# Tiny\n\nIt counts.\n");
    hub.publish("acme/tiny", "config.json", "{}");
    hub.publish("acme/tiny", "old.txt", "old");
    hub.publish("acme/tiny", "weights.safetensors", safetensors(9_000));
    let first = approved(&app, "acme/tiny").await;

    hub.repo("acme/tiny").licence("mit");
    hub.publish("acme/tiny", "README.md", "# Tiny\n\nIt counts, and more.\n");
    hub.publish("acme/tiny", "model.safetensors", safetensors(9_000));
    hub.remove("acme/tiny", "weights.safetensors");
    hub.remove("acme/tiny", "old.txt");
    hub.publish("acme/tiny", "train.py", "import os\nos.system('id')\n");
    app.advance(Duration::from_hours(1));
    let dana = app.person("dana", Role::Developer, "dev");
    let made = app.engine.request_use(&dana, request("acme/tiny")).await.unwrap();
    here_whole(&app, &made.row.id).await;
    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    let (_, evidence) = app.engine.show_request_whole(&sam, &made.row.id).await.unwrap();
    let evidence = evidence.unwrap();
    let changes = evidence.changes.unwrap();
    assert_eq!(changes.request_id, first.row.id);
    let told: Vec<(FileChangeKind, String)> = changes
        .files
        .iter()
        .map(|file| {
            let path = |side: &Option<weighbridge_engine::FileSide>| {
                side.as_ref().map_or(String::new(), |side| side.path.to_string())
            };
            (file.kind, format!("{}>{}", path(&file.before), path(&file.after)))
        })
        .collect();
    let expected = [
        (FileChangeKind::Changed, "README.md>README.md"),
        (FileChangeKind::Renamed, "weights.safetensors>model.safetensors"),
        (FileChangeKind::Removed, "old.txt>"),
        (FileChangeKind::Added, ">train.py"),
    ];
    assert_eq!(told, expected.map(|(kind, paths)| (kind, paths.to_owned())));
    let renamed = &changes.files[1];
    assert_eq!(
        renamed.before.as_ref().unwrap().digest.unwrap(),
        renamed.after.as_ref().unwrap().digest.unwrap()
    );
    let card = changes.card.unwrap();
    assert!(card.contains("-It counts.") && card.contains("+It counts, and more."), "{card}");
    assert_eq!(changes.licences_before, Some(vec!["apache-2.0".to_owned()]));
    assert!(!changes.new_findings.is_empty(), "the scanner sees what `train.py` does");
    assert_eq!(evidence.family.len(), 1);
    // What no approval changes is told before anybody approves.
    let remaining = evidence.remaining.unwrap();
    let stays: Vec<_> = remaining.iter().map(|reason| reason.rule.as_str()).collect();
    assert!(
        stays.contains(&"format-allowed") && !stays.contains(&"approval-required"),
        "{stays:?}"
    );
    // Whoever asked sees the evidence, and of the family what is theirs.
    let (_, evidence) = app.engine.show_request_whole(&dana, &made.row.id).await.unwrap();
    assert_eq!(evidence.unwrap().family.len(), 1);
}

#[tokio::test]
async fn what_is_missing_is_told_in_order_even_before_anybody_asked() {
    let (hub, app) = gateway().await;
    hub.publish("acme/tiny", "config.json", "{}");
    app.advance(Duration::from_hours(24 * 30));
    let production: Environment = "production".parse().unwrap();
    let ask = Ask::parse("acme/tiny").unwrap();
    let missing = async || app.engine.list_missing(&ask, &production).await.unwrap();
    let in_short = async || {
        let told = missing().await.into_iter();
        told.map(|item| (item.what, item.role)).collect::<Vec<_>>()
    };
    let before = missing().await;
    assert_eq!(before.len(), 1);
    assert!(before[0].how.contains("weighbridge request acme/tiny@main --for production"));

    let dana = app.person("dana", Role::Developer, "dev");
    let made = app.engine.request_use(&dana, request("acme/tiny")).await.unwrap();
    here_whole(&app, &made.row.id).await;
    let told = in_short().await;
    let roles: Vec<_> = told.iter().map(|(_, role)| role.as_str()).collect();
    let reviews = ["security-reviewer", "compliance-reviewer", "approver"];
    assert_eq!(
        roles[0], "compliance-reviewer",
        "the licence, which no approval replaces: {told:?}"
    );
    assert!(told[0].0.contains("licence-unknown"), "{told:?}");
    assert_eq!(roles[1..], reviews, "{told:?}");
    assert!(told[1].0.contains("`dependencies`, `behaviour`"), "{told:?}");

    let sam = app.person("sam", Role::SecurityReviewer, "dev");
    app.engine.answer_request(&sam, &made.row.id, yes()).await.unwrap();
    assert_eq!(in_short().await.len(), told.len() - 1);
    let cleo = app.person("cleo", Role::ComplianceReviewer, "dev");
    let say = weighbridge_engine::Say::Question;
    app.engine.say_on_request(&cleo, &made.row.id, say, "whose data?").await.unwrap();
    let with_question = missing().await;
    assert_eq!(with_question[1].people, ["dana"], "{with_question:?}");

    // A door tells the same; names are for those with a token.
    let token = app.token("ci", "production", &[]).await;
    let path = "/api/v1/why?ref=acme/tiny&environment=production";
    let why = app.get_as(&token, path).await.json();
    assert_eq!(why["missing"].as_array().unwrap().len(), with_question.len(), "{why}");
    assert_eq!(why["missing"][1]["people"][0], "dana");
    let elsewhere = app.get("/api/v1/why?ref=acme/tiny").await.json();
    assert_eq!(elsewhere["missing"].as_array().map(Vec::len), Some(1), "{elsewhere}");
}
