//! Everything that still keeps a revision from an environment, in the order in which it is done, with who can
//! supply it. From our records alone; it also answers where nobody has asked yet.

use weighbridge_domain::{
    Artifact, CheckAnswer, Environment, Mode, Outcome, Reason, RequestState, Role, Timestamp,
};
use weighbridge_policy::waivable;
use weighbridge_store::{FileCount, RequestRow};

use super::Explanation;
use super::revisions::find_revision;
use crate::Engine;
use crate::admit::{Ask, Card, Refused};

/// The rule that asks for approvals: it is answered by a request, not by what it says itself.
const APPROVAL: &str = "approval-required";

/// One thing that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What, in a sentence without a full stop.
    pub what: String,
    /// The role that can supply it; `weighbridge` when nobody has to do anything.
    pub role: String,
    /// The people who were asked, or have that role, as far as it is known.
    pub people: Vec<String>,
    /// How it is supplied.
    pub how: String,
    /// Until when somebody was asked to.
    pub due_at: Option<Timestamp>,
}

impl Engine {
    /// Lists what is missing for a revision in an environment, in order; empty when it is allowed.
    pub async fn list_missing(
        &self,
        ask: &Ask,
        environment: &Environment,
    ) -> Result<Vec<Missing>, Refused> {
        match self.explain(ask, environment).await? {
            Explanation::ByName { reason, .. } => return Ok(vec![objection(&reason, environment)]),
            Explanation::Decided(report) if report.decision.decision.outcome == Outcome::Allow => {
                return Ok(Vec::new());
            }
            _ => {}
        }
        let needs_approval = self.rule_mode(environment, APPROVAL) == Mode::Enforce;
        let mut db = self.0.store.read().await?;
        let artifact = db.find_artifact(&ask.artifact).await?;
        let revision = match &artifact {
            Some(artifact) => find_revision(&mut db, &artifact.id, &ask.revision).await?,
            None => None,
        };
        let Some((artifact, revision)) = artifact.zip(revision) else {
            return Ok(vec![if needs_approval {
                ask_first(ask, environment)
            } else {
                pull_first()
            }]);
        };
        let open = db.find_open_request(&revision.id, environment).await?;
        let files = db.count_files(&revision.id).await?;
        drop(db);
        let located = self.located(ask, &artifact.id).await?;
        let card: Card = serde_json::from_str(&revision.card).map_err(Refused::internal)?;
        let facts = self.gather_facts(&located, &revision, &card, environment).await?;
        let active = self.policy_held();
        let now = self.ask_policy(&active.policy, &facts).await.map_err(Refused::internal)?.reasons;
        let objects = |reasons: &[Reason]| -> Vec<Reason> {
            reasons.iter().filter(|reason| reason.mode == Mode::Enforce).cloned().collect()
        };
        let (mut missing, now) = (Vec::new(), objects(&now));
        let remaining = match &open {
            Some(row) => objects(&self.would_remain(&facts, row).await.map_err(Refused::internal)?),
            None => now.clone(),
        };
        let is_unapproved = now.iter().any(|reason| reason.rule == APPROVAL);
        if is_unapproved && open.is_none() {
            missing.push(ask_first(ask, environment));
        }
        if let (Some(_), 1..) = (&open, files.missing) {
            missing.push(bytes(files));
        }
        // What waits for bytes alone ends by itself once they are fetched for the request.
        let waits = |reason: &&Reason| {
            reason.rule != APPROVAL
                && !(open.is_some() && files.missing > 0 && reason.rule == "scan-complete")
        };
        missing.extend(remaining.iter().filter(waits).map(|reason| objection(reason, environment)));
        if let Some(row) = open {
            self.add_answers(&row, &artifact.artifact, &mut missing).await?;
        }
        // Nothing objects, and yet nothing was decided.
        if missing.is_empty() {
            missing.push(pull_first());
        }
        Ok(missing)
    }

    /// The answers that an open request waits for.
    async fn add_answers(
        &self,
        row: &RequestRow,
        artifact: &Artifact,
        missing: &mut Vec<Missing>,
    ) -> Result<(), Refused> {
        let request = &row.request;
        debug_assert_eq!(request.state, RequestState::Open);
        if let Some(question) = &request.question {
            missing.push(Missing {
                what: format!("`{}` asked a question about request `{}`", question.by, row.id),
                role: Role::Developer.to_string(),
                people: vec![request.asked_by.clone()],
                how: format!("`weighbridge reply {} TEXT`", row.id),
                due_at: None,
            });
        }
        for role in request.missing() {
            let open = row
                .checks
                .iter()
                .filter(|checked| checked.answer != CheckAnswer::Yes && checked.row.role == role);
            let rows: Vec<_> = open.map(|checked| format!("`{}`", checked.row.id)).collect();
            let about = match rows.as_slice() {
                [] => String::new(),
                rows => format!(", which answers for {}", rows.join(", ")),
            };
            let answer = if role == Role::Approver { "approval" } else { "review" };
            let part = request.review(role);
            let assignee = part.and_then(|part| part.assignee.clone());
            let people = if let Some(person) = assignee {
                vec![person]
            } else {
                let but = Some(request.asked_by.as_str());
                self.people_in(role, artifact, &request.environment, but).await?
            };
            missing.push(Missing {
                what: format!("request `{}` waits for the {answer} of `{role}`{about}", row.id),
                role: role.to_string(),
                people,
                how: format!("`weighbridge approve {} --comment TEXT`", row.id),
                due_at: part.and_then(|part| part.due_at),
            });
        }
        Ok(())
    }
}

fn ask_first(ask: &Ask, environment: &Environment) -> Missing {
    Missing {
        what: format!("nobody has asked for it in `{environment}`"),
        role: Role::Developer.to_string(),
        people: Vec::new(),
        how: format!(
            "`weighbridge request {}@{} --for {environment} --because TEXT --data-class CLASS`",
            ask.artifact, ask.revision
        ),
        due_at: None,
    }
}

fn pull_first() -> Missing {
    Missing {
        what: "nobody has pulled it yet, so nothing was decided".to_owned(),
        role: Role::Reader.to_string(),
        people: Vec::new(),
        how: "pull it once through the endpoint of the environment".to_owned(),
        due_at: None,
    }
}

fn bytes(files: FileCount) -> Missing {
    let FileCount { files, missing, .. } = files;
    Missing {
        what: format!("{missing} of {files} files are being fetched and examined"),
        role: "weighbridge".to_owned(),
        people: Vec::new(),
        how: "nobody has to do anything but wait".to_owned(),
        due_at: None,
    }
}

fn objection(reason: &Reason, environment: &Environment) -> Missing {
    let waiver = waivable(&reason.rule).map(|_| {
        let rule = &reason.rule;
        format!("; or `weighbridge waiver grant {rule} --on NAME --for {environment}`")
    });
    Missing {
        what: format!("{} (`{}`)", reason.message, reason.rule),
        role: reason.contact.clone(),
        people: Vec::new(),
        how: format!("{}{}", reason.remedy, waiver.unwrap_or_default()),
        due_at: None,
    }
}
