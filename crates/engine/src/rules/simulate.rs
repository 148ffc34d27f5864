//! Trying a policy out: every decision that holds is made again by it, from the facts on record, and the
//! pulls of the last days are counted that it would have stopped. Nothing is recorded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use weighbridge_domain::{Mode, Outcome, Timestamp};
use weighbridge_policy::{Bundle, Judgement, Policy, PolicyError};
use weighbridge_store::{CallerCount, ForReplay, StoreError};

use super::active::{ActivePolicy, PolicyUnknown};
use super::tally::Tally;
use super::{ChangePolicyError, SimulationReport};
use crate::Engine;

/// Decisions that are read and judged at once. A facts document has at most some tens of kilobytes.
const PAGE: u32 = 256;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Decisions that were made again.
    pub done: u64,
    /// How many there are.
    pub total: u64,
}

/// A decision made again.
pub(super) struct Verdict {
    pub(super) row: ForReplay,
    /// What the active policy says.
    pub(super) was: Outcome,
    /// What the proposed policy says.
    pub(super) becomes: Outcome,
    /// The rules that decide then, each once.
    pub(super) rules: Vec<String>,
    /// The first reason then.
    pub(super) message: String,
    /// The proposed policy gave no answer, which is a denial.
    pub(super) is_failure: bool,
}

impl Engine {
    /// Tries a policy out against the active one.
    pub async fn simulate_policy(
        &self,
        proposed: Bundle,
        days: u32,
        mut told: impl FnMut(Progress) + Send,
    ) -> Result<SimulationReport, ChangePolicyError> {
        let active = self.policy().await.map_err(unknown)?;
        let digest = proposed.digest();
        let compiled = tokio::task::spawn_blocking(move || Policy::of(&proposed)).await;
        let policy = compiled.map_err(|error| StoreError::Other(error.to_string()))??;
        let since = days_ago(self.0.settings.clock.now(), days);
        let (revisions, total) = self.0.store.read().await?.count_for_replay().await?;
        let mut tally = Tally::new(digest, active.number, days, revisions);
        let mut done = 0;
        let mut after = String::new();
        let mut under_way: VecDeque<JoinHandle<Vec<Verdict>>> = VecDeque::new();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        told(Progress { done, total });
        loop {
            let page = self.0.store.read().await?.list_for_replay(&after, PAGE).await?;
            let is_last = page.is_empty();
            if let Some(last) = page.last() {
                after.clone_from(&last.id);
                let (active, policy) = (Arc::clone(&active), policy.clone());
                under_way.push_back(tokio::task::spawn_blocking(move || {
                    page.into_iter().map(|row| verdict(row, &active, &policy)).collect()
                }));
            }
            while under_way.len() > if is_last { 0 } else { cores } {
                let Some(judged) = under_way.pop_front() else { break };
                let judged = judged.await.map_err(|error| StoreError::Other(error.to_string()))?;
                for verdict in judged {
                    done += 1;
                    let pulls = self.pulls_stopped(&verdict, since).await?;
                    tally.add(verdict, pulls);
                }
                told(Progress { done, total: total.max(done) });
            }
            if is_last {
                return Ok(tally.report());
            }
        }
    }

    /// Who pulled since then what would be stopped now.
    async fn pulls_stopped(
        &self,
        verdict: &Verdict,
        since: Timestamp,
    ) -> Result<Vec<CallerCount>, StoreError> {
        if verdict.was != Outcome::Allow || verdict.becomes == Outcome::Allow {
            return Ok(Vec::new());
        }
        let ForReplay { revision_id, environment, .. } = &verdict.row;
        let mut db = self.0.store.read().await?;
        db.count_downloads_by_caller(revision_id, environment, since).await
    }
}

fn verdict(mut row: ForReplay, active: &ActivePolicy, proposed: &Policy) -> Verdict {
    let document = std::mem::take(&mut row.document);
    let ask = |policy: &Policy| policy.decide_recorded(&row.environment, &document, row.facts);
    // What the active policy said on these facts is on record, unless it is another one by now.
    let is_current =
        active.policy.digest(&row.environment).is_ok_and(|digest| digest == row.policy);
    let was = if is_current { row.outcome } else { outcome(&ask(&active.policy)) };
    let judged = ask(proposed);
    let becomes = outcome(&judged);
    let (mut rules, message, is_failure) = match &judged {
        Ok(judgement) => {
            let enforced =
                || judgement.reasons.iter().filter(|reason| reason.mode == Mode::Enforce);
            let message = enforced().next().map(|reason| reason.message.clone());
            let rules: Vec<String> = enforced().map(|reason| reason.rule.clone()).collect();
            (rules, message.unwrap_or_default(), false)
        }
        Err(error) => {
            let rule = error.rule().unwrap_or("policy-error").to_owned();
            (vec![rule], error.to_string(), true)
        }
    };
    rules.sort();
    rules.dedup();
    Verdict { row, was, becomes, rules, message, is_failure }
}

/// An error denies.
fn outcome(judged: &Result<Judgement, PolicyError>) -> Outcome {
    judged.as_ref().map_or(Outcome::Deny, |judgement| judgement.outcome)
}

fn days_ago(now: Timestamp, days: u32) -> Timestamp {
    let span = Duration::from_hours(24).saturating_mul(days);
    let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_sub(micros))
}

fn unknown(error: PolicyUnknown) -> ChangePolicyError {
    match error {
        PolicyUnknown::Policy(error) => ChangePolicyError::Policy(error),
        PolicyUnknown::Store(error) => ChangePolicyError::Store(error),
        PolicyUnknown::Missing => {
            ChangePolicyError::Store(StoreError::Other(PolicyUnknown::Missing.to_string()))
        }
    }
}
