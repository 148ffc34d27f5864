//! A decision made again from its record: the same policy and the same facts give the same answer.

use weighbridge_domain::{Decision, Outcome};
use weighbridge_policy::{Judgement, replay};
use weighbridge_store::StoreError;

use super::DecisionReport;
use crate::Engine;
use crate::rules::ask::RulePlace;

/// What came out when a decision was made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The same answer for the same reasons.
    Same,
    /// Something else: the record, or the program that reads it, was changed.
    Differs {
        /// The answer now.
        outcome: Outcome,
    },
    /// It cannot be made again.
    Failed {
        /// Why not.
        why: String,
    },
}

impl Engine {
    /// Makes a decision again, from the policy and the facts it names.
    pub async fn replay_decision(&self, report: &DecisionReport) -> Result<Replay, StoreError> {
        let decision = report.decision.decision.clone();
        let mut db = self.0.store.read().await?;
        let policy = db.find_document(decision.policy).await?;
        let facts = db.find_document(decision.facts).await?;
        drop(db);
        let (Some(policy), Some(facts)) = (policy, facts) else {
            let why = "its policy or its facts are not on record".to_owned();
            return Ok(Replay::Failed { why });
        };
        // Compiling and judging takes milliseconds of one core: other requests go on meanwhile.
        let own_rules = self.0.own_rules.clone();
        let judge = move || replay(&policy, &facts, &own_rules);
        let judged = self.apart(RulePlace::Trial, judge).await;
        Ok(match judged {
            Ok(Ok(judgement)) if is_same(&judgement, &decision) => Replay::Same,
            Ok(Ok(judgement)) => Replay::Differs { outcome: judgement.outcome },
            Ok(Err(error)) | Err(error) => Replay::Failed { why: error.to_string() },
        })
    }
}

fn is_same(judgement: &Judgement, decision: &Decision) -> bool {
    judgement.outcome == decision.outcome
        && judgement.reasons == decision.reasons
        && judgement.policy == decision.policy
        && judgement.facts == decision.facts
}
