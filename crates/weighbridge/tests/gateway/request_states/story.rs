//! What happened, in one form for all who tell it: the model, the tables, and the ledger alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use weighbridge_domain::{Custody, Role};
use weighbridge_engine::{Ask, RequestFilter};
use weighbridge_testkit::TestApp;

/// One request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) by: String,
    pub(super) artifact: String,
    pub(super) commit: String,
    pub(super) place: String,
    pub(super) needs: Vec<String>,
    pub(super) state: String,
    /// Role, person, answer.
    pub(super) votes: BTreeSet<(String, String, bool)>,
    pub(super) question: Option<String>,
    pub(super) assigned: BTreeMap<String, String>,
    pub(super) manifest: Option<String>,
    pub(super) end: Option<String>,
}

/// One waiver: rule, pattern, who granted it, its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waived {
    pub(super) rule: String,
    pub(super) pattern: String,
    pub(super) by: String,
    pub(super) end: String,
    pub(super) is_revoked: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Story {
    pub(super) requests: BTreeMap<String, Told>,
    pub(super) waivers: BTreeMap<String, Waived>,
    /// Digests of files.
    pub(super) recalled: BTreeSet<String>,
}

impl Story {
    /// Where two stories differ first.
    pub(super) fn differs(&self, other: &Story) -> Option<String> {
        for id in self.requests.keys().chain(other.requests.keys()) {
            let (one, two) = (self.requests.get(id), other.requests.get(id));
            if one != two {
                return Some(format!("request {id}:\n  {one:?}\n  {two:?}"));
            }
        }
        let rest = |story: &Story| format!("{:?} {:?}", story.waivers, story.recalled);
        (self != other).then(|| format!("{}\n  {}", rest(self), rest(other)))
    }
}

/// As the tables tell it.
pub(super) async fn tables(app: &TestApp, revisions: &[(String, String)]) -> Story {
    let mut story = Story::default();
    let auditor = app.person("audrey", Role::Auditor, "dev");
    let all = RequestFilter::default();
    for report in app.engine.list_requests(&auditor, &all, None, 500).await.unwrap() {
        let request = report.row.request;
        let vote = |vote: weighbridge_domain::Vote| (vote.role.to_string(), vote.by, vote.is_yes);
        let assigned = request
            .reviews
            .iter()
            .filter_map(|part| Some((part.role.to_string(), part.assignee.clone()?)))
            .collect();
        let told = Told {
            by: request.asked_by,
            artifact: report.artifact.artifact.to_string(),
            commit: report.revision.commit.to_string(),
            place: request.environment.to_string(),
            needs: request.needs.iter().map(ToString::to_string).collect(),
            state: request.state.to_string(),
            votes: request.votes.into_iter().map(vote).collect(),
            question: request.question.map(|question| question.by),
            assigned,
            manifest: report.row.manifest.map(|digest| digest.to_string()),
            end: report.row.expires_at.map(|end| end.to_string()),
        };
        story.requests.insert(report.row.id, told);
    }
    for waiver in app.engine.list_waivers(None, 500).await.unwrap() {
        let waived = Waived {
            rule: waiver.rule,
            pattern: waiver.pattern.to_string(),
            by: waiver.granted_by,
            end: waiver.expires_at.to_string(),
            is_revoked: waiver.revoked_at.is_some(),
        };
        story.waivers.insert(waiver.id, waived);
    }
    for (artifact, commit) in revisions {
        let ask = Ask::parse(&format!("{artifact}@{commit}")).unwrap();
        let shown = app.engine.show_revision(&ask.artifact, &ask.revision, None, 9).await.unwrap();
        let bad = shown.unwrap().files.into_iter().filter(|f| f.custody == Some(Custody::Recalled));
        story.recalled.extend(bad.filter_map(|f| f.file.digest).map(|digest| digest.to_string()));
    }
    story
}

/// As the ledger tells it, from its entries alone.
pub(super) async fn ledger(app: &TestApp) -> Story {
    let mut story = Story::default();
    for entry in app.engine.list_entries(0, 10_000).await.unwrap() {
        let body: Value = serde_json::from_str(&entry.body).unwrap();
        story.hear(&entry.kind, &body);
    }
    story
}

fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_default().to_owned()
}

fn maybe(body: &Value, field: &str) -> Option<String> {
    body[field].as_str().map(str::to_owned)
}

fn texts(body: &Value, field: &str) -> Vec<String> {
    let all = body[field].as_array().into_iter().flatten();
    all.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

impl Story {
    fn hear(&mut self, kind: &str, body: &Value) {
        match kind {
            "request.made" => {
                let told = Told {
                    by: text(body, "by"),
                    artifact: text(body, "artifact"),
                    commit: text(body, "commit"),
                    place: text(body, "environment"),
                    needs: texts(body, "needs"),
                    state: "open".to_owned(),
                    ..Told::default()
                };
                let before = self.requests.insert(text(body, "request"), told);
                assert_eq!(before, None, "made twice: {body}");
            }
            "waiver.granted" => {
                let waived = Waived {
                    rule: text(body, "rule"),
                    pattern: text(body, "pattern"),
                    by: text(body, "by"),
                    end: text(body, "expires_at"),
                    is_revoked: false,
                };
                self.waivers.insert(text(body, "waiver"), waived);
            }
            "waiver.revoked" => {
                self.waivers.get_mut(&text(body, "waiver")).unwrap().is_revoked = true;
            }
            "files.recalled" => {
                let files = body["files"].as_array().unwrap();
                self.recalled.extend(files.iter().map(|file| text(file, "digest")));
            }
            _ if kind.starts_with("request.") => {
                let request = self.requests.get_mut(&text(body, "request"));
                request.expect("told of no request that was not made").hear(kind, body);
            }
            _ => {}
        }
    }
}

impl Told {
    fn hear(&mut self, kind: &str, body: &Value) {
        let by = text(body, "by");
        match kind {
            "request.answered" => {
                let is_yes = text(body, "answer") == "yes";
                let is_new = self.votes.insert((text(body, "role"), by, is_yes));
                assert!(is_new && self.state == "open", "answered twice, or too late: {body}");
                self.state = text(body, "state");
                self.manifest = maybe(body, "manifest");
                self.end = maybe(body, "expires_at");
            }
            "request.withdrawn" => self.state = "withdrawn".to_owned(),
            "request.questioned" => self.question = Some(by),
            "request.replied" => self.question = None,
            "request.reassigned" => {
                self.assigned.insert(text(body, "part"), text(body, "to"));
            }
            "request.escalated" => {
                self.assigned.remove(&text(body, "part"));
            }
            _ => {}
        }
    }
}
