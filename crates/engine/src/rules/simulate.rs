//! Trying a policy out: every decision that holds is made again by it, from the facts on record, and the
//! pulls of the last days are counted that it would have stopped. Nothing is recorded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use weighbridge_domain::{Mode, Outcome, Timestamp};
use weighbridge_policy::{Bundle, Judgement, Policy, PolicyError};
use weighbridge_store::{CallerCount, ForReplay, StoreError};

use super::active::{ActivePolicy, PolicyUnknown};
use super::ask::RulePlace;
use super::tally::Tally;
use super::{ChangePolicyError, SimulationReport};
use crate::Engine;

/// Decisions that are read and judged at once. A facts document has at most some tens of kilobytes.
const PAGE: u32 = 256;

/// How often a policy may be cut off. Each time takes seconds, and says the same.
const MAX_CUT_OFF: u32 = 10;

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
        let own_rules = self.0.own_rules.clone();
        let compiled = tokio::task::spawn_blocking(move || Policy::of(&proposed, &own_rules)).await;
        let policy = compiled.map_err(|error| StoreError::Other(error.to_string()))??;
        let since = days_ago(self.0.settings.clock.now(), days);
        let (revisions, total) = self.0.store.read().await?.count_for_replay().await?;
        let mut tally = Tally::new(digest, active.number, days, revisions);
        let mut done = 0;
        let mut after = String::new();
        let mut under_way: VecDeque<JoinHandle<Result<Vec<Verdict>, PolicyError>>> =
            VecDeque::new();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let trial = Trial::default();
        told(Progress { done, total });
        loop {
            let page = self.0.store.read().await?.list_for_replay(&after, PAGE).await?;
            let is_last = page.is_empty();
            if let Some(last) = page.last() {
                after.clone_from(&last.id);
                let (active, policy) = (Arc::clone(&active), policy.clone());
                let (engine, cut_off) = (self.clone(), Arc::clone(&trial.0));
                under_way.push_back(tokio::spawn(async move {
                    let judge = move || judged(page, &active, &policy, &cut_off);
                    engine.apart(RulePlace::Trial, judge).await?
                }));
            }
            while under_way.len() > if is_last { 0 } else { cores } {
                let Some(judged) = under_way.pop_front() else { break };
                let judged =
                    judged.await.map_err(|error| StoreError::Other(error.to_string()))??;
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

/// How often a rule of each policy was cut off so far.
#[derive(Default)]
struct CutOff {
    active: AtomicU32,
    proposed: AtomicU32,
}

/// A simulation under way. Whoever gives it up ends it for those that are at work too.
#[derive(Default)]
struct Trial(Arc<CutOff>);

impl Drop for Trial {
    fn drop(&mut self) {
        self.0.proposed.store(MAX_CUT_OFF, Ordering::Relaxed);
    }
}

/// Makes the decisions of a page again, as long as the proposed policy is not cut off too often.
fn judged(
    page: Vec<ForReplay>,
    active: &ActivePolicy,
    proposed: &Policy,
    cut_off: &CutOff,
) -> Result<Vec<Verdict>, PolicyError> {
    let mut verdicts = Vec::with_capacity(page.len());
    for mut row in page {
        let document = std::mem::take(&mut row.document);
        let was = outcome_now(&row, &document, active, cut_off);
        let judged = proposed.decide_recorded(&row.environment, &document, row.facts);
        if let Err(error) = &judged
            && error.is_cut_off()
            && cut_off.proposed.fetch_add(1, Ordering::Relaxed) >= MAX_CUT_OFF
        {
            return Err(error.clone());
        }
        verdicts.push(verdict(row, was, &judged));
    }
    Ok(verdicts)
}

/// What the active policy says. What it said on these facts is on record, unless it is another one by now;
/// and when it is cut off again and again, what holds is its answer: it has to be possible to replace it.
fn outcome_now(
    row: &ForReplay,
    document: &str,
    active: &ActivePolicy,
    cut_off: &CutOff,
) -> Outcome {
    let is_current =
        active.policy.digest(&row.environment).is_ok_and(|digest| digest == row.policy);
    if is_current || cut_off.active.load(Ordering::Relaxed) >= MAX_CUT_OFF {
        return row.outcome;
    }
    let judged = active.policy.decide_recorded(&row.environment, document, row.facts);
    if judged.as_ref().is_err_and(PolicyError::is_cut_off) {
        cut_off.active.fetch_add(1, Ordering::Relaxed);
    }
    outcome(&judged)
}

fn verdict(row: ForReplay, was: Outcome, judged: &Result<Judgement, PolicyError>) -> Verdict {
    let becomes = outcome(judged);
    let (mut rules, message, is_failure) = match judged {
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
