//! Asking policy. Rules of the house's own run in another process: somebody has to wait for it, and that is
//! none of the runtime's threads.

use std::sync::Arc;

use tokio::sync::Semaphore;
use weighbridge_policy::{Facts, Judgement, Policy, PolicyError};

use crate::Engine;

/// How many may wait for rules of the house's own at once: each keeps a core busy, and may fill the memory of a
/// worker.
pub(crate) struct RulePlaces {
    /// Those who ask for a decision.
    decisions: Arc<Semaphore>,
    /// Those who try something out: a policy that never ends must not keep decisions waiting.
    trials: Arc<Semaphore>,
}

/// What a place is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RulePlace {
    Decision,
    Trial,
}

impl RulePlaces {
    pub(crate) fn new(count: usize) -> RulePlaces {
        let places = || Arc::new(Semaphore::new(count));
        RulePlaces { decisions: places(), trials: places() }
    }
}

impl Engine {
    /// Judges facts by a policy. Shipped rules take microseconds and are asked here.
    pub(crate) async fn ask_policy(
        &self,
        policy: &Policy,
        facts: &Facts,
    ) -> Result<Judgement, PolicyError> {
        if !policy.asks_apart(&facts.environment) {
            return policy.decide(facts);
        }
        let (policy, facts) = (policy.clone(), facts.clone());
        self.apart(RulePlace::Decision, move || policy.decide(&facts)).await?
    }

    /// Does something that may wait for a worker, in a place of its own.
    pub(crate) async fn apart<T: Send + 'static>(
        &self,
        wanted: RulePlace,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PolicyError> {
        let no_answer = |error: &dyn std::fmt::Display| PolicyError::NoAnswer(error.to_string());
        let RulePlaces { decisions, trials } = &self.0.rule_places;
        let places = match wanted {
            RulePlace::Decision => decisions,
            RulePlace::Trial => trials,
        };
        let place = Arc::clone(places).acquire_owned().await.map_err(|error| no_answer(&error))?;
        // The place is left when the work is done, even when nobody waits for it any more.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.map_err(|error| no_answer(&error))
    }
}
