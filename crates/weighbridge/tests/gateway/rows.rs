//! Rows of the decision table that others answer, by what they sign.

use serde_json::{Value, json};
use weighbridge_domain::{CheckAnswer, Grade, RequestState, Role};
use weighbridge_engine::{RequestError, RequestReport};
use weighbridge_testkit::{Stranger, TestApp};

use crate::foreign::{give, key, statement, whole};
use crate::gateway;
use crate::requests::{here_whole, request, yes};

const VULNS: &str = "https://in-toto.io/attestation/vulns/v0.2";
const TESTS: &str = "https://in-toto.io/attestation/test-result/v0.1";
const MONITORING: &str = "https://weighbridge/monitoring/v1";

/// Somebody else says something about the bytes.
struct Elsewhere<'a> {
    app: &'a TestApp,
    stranger: Stranger,
    manifest: String,
}

impl Elsewhere<'_> {
    async fn say(&self, predicate_type: &str, predicate: Value) {
        let subject = json!([{"name": "x", "digest": {"sha256": self.manifest}}]);
        let mut said = statement(predicate_type, &subject);
        said["predicate"] = predicate;
        give(self.app, self.stranger.sign(&said)).await.unwrap();
    }

    async fn scanned(&self, when: &str, found: Value) {
        let scanner = json!({"uri": "https://osv.dev", "db": {}, "result": found});
        let metadata = json!({"scanStartedOn": when, "scanFinishedOn": when});
        self.say(VULNS, json!({"scanner": scanner, "metadata": metadata})).await;
    }
}

fn row(report: &RequestReport, id: &str) -> (CheckAnswer, Grade) {
    let mut rows = report.row.checks.iter();
    let row = rows.find(|checked| checked.row.id == id).unwrap();
    (row.answer, row.grade)
}

#[tokio::test]
async fn signed_evidence_answers_rows_and_what_changes_before_the_last_yes_stops_it() {
    let (hub, app) = gateway().await;
    let manifest = whole(&hub, &app).await;
    let stranger = Stranger::with_seed(1);
    let trusted = key("qa", &stranger, "https://*", "acme/*");
    app.engine.add_trusted_key(&app.admin(), trusted).await.unwrap();
    let qa = Elsewhere { app: &app, stranger, manifest };
    let dana = app.person("dana", Role::Developer, "dev");
    let mut staging = request("acme/tiny");
    staging.environment = "staging".parse().unwrap();
    let before = app.engine.request_use(&dana, staging).await.unwrap();
    for id in ["dependencies", "behaviour", "monitoring"] {
        assert_eq!(row(&before, id), (CheckAnswer::Unknown, Grade::Missing), "{id}");
    }

    qa.scanned("2026-05-01T00:00:00Z", json!([])).await;
    qa.say(TESTS, json!({"result": "FAILED", "configuration": [], "failedTests": ["toxicity"]}))
        .await;
    qa.say(MONITORING, json!({"environments": ["production"], "monitored": true})).await;
    let made = app.engine.request_use(&dana, request("acme/tiny")).await.unwrap();
    let id = &made.row.id;
    assert_eq!(row(&made, "dependencies"), (CheckAnswer::Yes, Grade::Verified));
    assert_eq!(row(&made, "behaviour"), (CheckAnswer::No, Grade::Verified));
    assert_eq!(row(&made, "monitoring"), (CheckAnswer::Yes, Grade::Verified));
    let words = made.row.checks.iter().find(|checked| checked.row.id == "behaviour").unwrap();
    assert_eq!(words.detail, "its tests failed, such as `toxicity`, says `qa`");
    here_whole(&app, id).await;

    for (name, role) in [("sam", Role::SecurityReviewer), ("cleo", Role::ComplianceReviewer)] {
        let by = app.person(name, role, "production");
        app.engine.answer_request(&by, id, yes()).await.unwrap();
    }
    let ann = app.person("ann", Role::Approver, "production");
    qa.scanned("2026-05-02T00:00:00Z", json!([{"id": "CVE-2026-1", "severity": []}])).await;
    let refused = app.engine.answer_request(&ann, id, yes()).await.unwrap_err();
    assert!(matches!(refused, RequestError::Changed(_)), "{refused}");
    let told = refused.to_string();
    assert!(
        told.contains("`dependencies` was yes and is no") && told.contains("CVE-2026-1"),
        "{told}"
    );
    // A key that is trusted no longer is no yes either.
    qa.scanned("2026-05-03T00:00:00Z", json!([])).await;
    app.engine.remove_trusted_key(&app.admin(), "qa").await.unwrap();
    let refused = app.engine.answer_request(&ann, id, yes()).await.unwrap_err().to_string();
    assert!(refused.contains("`monitoring` was yes and is unknown"), "{refused}");
    let again = key("qa", &qa.stranger, "https://*", "acme/*");
    app.engine.add_trusted_key(&app.admin(), again).await.unwrap();
    let shown = app.engine.answer_request(&ann, id, yes()).await.unwrap();
    assert_eq!(shown.row.request.state, RequestState::Approved);
}
