//! Reviews and approvals, signed.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use weighbridge_domain::{Caller, Grade, RequestState, RiskAnswers, Vote};
use weighbridge_evidence::predicate::{
    APPROVAL, Answer, Approval, ApprovalRequest, Evidence, LedgerPlace, Person, REVIEW, VSA,
    sha256_set,
};
use weighbridge_store::{AttestationRow, RequestRow, StoreError};

use super::write::NewStatement;
use crate::Engine;
use crate::change::Change;
use crate::review::ask::attested;

/// The most attestations that an approval names.
const MAX_EVIDENCE: u32 = 500;

impl Engine {
    /// Tells, signed, what somebody answered. An answer to bytes that are not all here stands in the
    /// ledger alone: there is no manifest that a statement could be about.
    pub(crate) async fn attest_answer(
        &self,
        change: &mut Change,
        by: &Caller,
        row: &RequestRow,
        vote: &Vote,
    ) -> Result<(), StoreError> {
        let Some(whole) = self.find_sealed(change.tx(), &row.revision_id).await? else {
            return Ok(());
        };
        let environment = &row.request.environment;
        let active = change.tx().find_active_policy().await?;
        let policy = active
            .and_then(|row| row.effective_in(environment))
            .ok_or_else(|| StoreError::Other(format!("no policy is active in `{environment}`")))?;
        let rows = change.tx().list_attestations(&whole.revision_id, None, MAX_EVIDENCE).await?;
        // Summaries say what follows from evidence, and are none.
        let rows: Vec<AttestationRow> =
            rows.into_iter().filter(|known| known.predicate_type != VSA).collect();
        let log = self.0.signer.origin().to_string();
        let places = rows.iter().map(|known| known.position);
        let state = row.request.state;
        let attests = if vote.is_yes { attested(&row.checks, vote.role) } else { Vec::new() };
        let predicate = Approval {
            request: asked(row),
            answer: Answer {
                decision: if vote.is_yes { "yes" } else { "no" }.to_owned(),
                by: Person { name: vote.by.clone(), authenticated: authenticated(by).to_owned() },
                role: vote.role.to_string(),
                comment: vote.comment.clone(),
                attests,
                at: vote.at.to_string(),
            },
            state: state.to_string(),
            decision_table: row.table.map(|digest| sha256_set(digest.to_string())),
            conditions: Some(row.conditions.clone()).filter(|text| !text.is_empty()),
            expires_at: row.expires_at.map(|end| end.to_string()),
            policy: sha256_set(policy.to_string()),
            evidence: rows.iter().map(evidence).collect(),
            receipts: places.map(|entry| LedgerPlace { log: log.clone(), entry }).collect(),
        };
        let is_approval = state == RequestState::Approved && vote.is_yes;
        let new = NewStatement {
            about: format!("request/{}/{}", row.id, vote.by),
            predicate_type: if is_approval { APPROVAL } else { REVIEW },
            predicate: &predicate,
            grade: Grade::Declared,
        };
        self.attest(change, &whole, new).await
    }
}

/// How the caller showed who it is.
fn authenticated(by: &Caller) -> &'static str {
    match (&by.holder, &by.token_id) {
        (Some(_), Some(_)) => "token of an account",
        (Some(_), None) => "session of an account",
        (None, Some(_)) => "token",
        (None, None) => "local",
    }
}

fn asked(row: &RequestRow) -> ApprovalRequest {
    ApprovalRequest {
        id: row.id.clone(),
        asked_by: row.request.asked_by.clone(),
        asked_at: row.asked_at.to_string(),
        environment: row.request.environment.to_string(),
        justification: row.because.clone(),
        risk: risk(&row.risk),
        lane: row.lane.clone(),
        needs: row.request.needs.iter().map(ToString::to_string).collect(),
    }
}

/// Each question with its answer; one that was not answered says so.
fn risk(answers: &RiskAnswers) -> BTreeMap<String, Value> {
    let RiskAnswers { use_case, data, residency, user_facing, affects_people, affected } = answers;
    BTreeMap::from([
        ("useCase".to_owned(), json!(use_case)),
        ("dataClass".to_owned(), json!(data.as_str())),
        ("residency".to_owned(), json!(residency.as_ref().map(ToString::to_string))),
        ("userFacing".to_owned(), json!(user_facing)),
        ("affectsPeople".to_owned(), json!(affects_people)),
        ("affected".to_owned(), json!(affected.map(|circle| circle.to_string()))),
    ])
}

fn evidence(row: &AttestationRow) -> Evidence {
    Evidence {
        predicate_type: row.predicate_type.clone(),
        digest: sha256_set(row.envelope_digest.to_string()),
    }
}
