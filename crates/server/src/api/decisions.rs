//! Decisions: what policy said, why, and on which facts.

pub(crate) mod list;
pub(crate) mod replay;
pub(crate) mod show;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::Reason;
use weighbridge_engine::{DecisionReport, DecisionRow};

/// What policy said of a revision in an environment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DecisionView {
    /// Its id.
    pub id: String,
    /// The artifact.
    pub artifact: String,
    /// The commit.
    pub commit: String,
    /// The environment it holds for.
    pub environment: String,
    /// `allow`, `hold` or `deny`.
    pub outcome: String,
    /// Every objection, the enforced ones first.
    pub reasons: Vec<ReasonView>,
    /// SHA-256 of the policy text and its parameters.
    pub policy: String,
    /// SHA-256 of the facts document.
    pub facts: String,
    /// When.
    pub decided_at: String,
    /// When another decision took its place; absent while it holds.
    pub superseded_at: Option<String>,
    /// The facts it rests on; absent in lists.
    pub facts_document: Option<serde_json::Value>,
}

/// One rule's objection.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReasonView {
    /// Stable id of the rule.
    pub rule: String,
    /// Where it stands: `admit` or `use`.
    pub gate: String,
    /// `enforce` reasons decide, `warn` reasons are told.
    pub mode: String,
    /// What the rule asks for: `hold` or `deny`.
    pub effect: String,
    /// Why.
    pub message: String,
    /// What would change it.
    pub remedy: String,
    /// Who can help.
    pub contact: String,
}

/// What came out when a decision was made again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReplayView {
    /// The decision.
    pub decision: String,
    /// Whether the same came out, reasons included.
    pub is_same: bool,
    /// In a sentence.
    pub detail: String,
}

/// A decision that holds, in short.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HeldOutcome {
    /// The id of the decision.
    pub decision: String,
    /// The environment.
    pub environment: String,
    /// `allow`, `hold` or `deny`.
    pub outcome: String,
    /// The rules that decided.
    pub rules: Vec<String>,
}

impl From<&Reason> for ReasonView {
    fn from(reason: &Reason) -> ReasonView {
        ReasonView {
            rule: reason.rule.clone(),
            gate: reason.gate.to_string(),
            mode: reason.mode.to_string(),
            effect: reason.effect.to_string(),
            message: reason.message.clone(),
            remedy: reason.remedy.clone(),
            contact: reason.contact.clone(),
        }
    }
}

impl From<&DecisionRow> for HeldOutcome {
    fn from(row: &DecisionRow) -> HeldOutcome {
        HeldOutcome {
            decision: row.decision.id.to_string(),
            environment: row.decision.environment.to_string(),
            outcome: row.decision.outcome.to_string(),
            rules: row.decision.enforced().map(|reason| reason.rule.clone()).collect(),
        }
    }
}

impl From<DecisionReport> for DecisionView {
    fn from(report: DecisionReport) -> DecisionView {
        let decision = report.decision.decision;
        DecisionView {
            id: decision.id.to_string(),
            artifact: report.artifact.artifact.to_string(),
            commit: report.revision.commit.to_string(),
            environment: decision.environment.to_string(),
            outcome: decision.outcome.to_string(),
            reasons: decision.reasons.iter().map(ReasonView::from).collect(),
            policy: decision.policy.to_string(),
            facts: decision.facts.to_string(),
            decided_at: decision.decided_at.to_string(),
            superseded_at: report.decision.superseded_at.map(|moment| moment.to_string()),
            facts_document: report
                .facts
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok()),
        }
    }
}
