//! Policy's answer for one revision and environment, recorded with everything it rests on.
//!
//! A decision is derived from facts: whenever the facts or the policy text differ from those of the
//! last decision, a new one is made and recorded. An error of policy denies.

use std::sync::Arc;

use weighbridge_domain::{
    Artifact, Decision, DecisionId, Digest, Environment, Gate, Mode, Outcome, Reason,
};
use weighbridge_policy::{Facts, Judgement, PolicyError};
use weighbridge_store::{RevisionRow, StoreError};

use crate::admit::locate::Located;
use crate::admit::{Card, Refused, RevisionView};
use crate::{Engine, Event};

impl Engine {
    /// A revision as one environment sees it, with the decision that holds now.
    pub(crate) async fn view(
        &self,
        located: &Located,
        revision: &RevisionRow,
        environment: &Environment,
        stale: bool,
    ) -> Result<RevisionView, Refused> {
        let card: Card = serde_json::from_str(&revision.card).map_err(Refused::internal)?;
        let facts = self.gather_facts(located, revision, &card, environment).await?;
        let decision = self.decision(located, revision, &facts).await?;
        let was_downloaded = decision.outcome != Outcome::Allow
            && self.0.store.read().await?.was_downloaded(&revision.id, environment).await?;
        Ok(RevisionView {
            id: revision.id.clone(),
            artifact_id: located.id.clone(),
            artifact: located.artifact.clone(),
            source: located.source.name.clone(),
            commit: revision.commit.clone(),
            card: Arc::new(card),
            restricted: located.restricted,
            decision: Arc::new(decision),
            was_downloaded,
            stale,
            emergency: facts.break_glass.first().map(|glass| {
                let id = &glass.id;
                format!(
                    "rules are lifted for it until {} by break-glass {id} of {}; nobody has reviewed that",
                    glass.expires_at, glass.by
                )
            }),
            holds_until: {
                let approvals = facts.approvals.iter().filter_map(|approval| approval.expires_at);
                let waivers = facts.waivers.iter().map(|waiver| waiver.expires_at);
                let broken = facts.break_glass.iter().map(|glass| glass.expires_at);
                approvals.chain(waivers).chain(broken).min()
            },
        })
    }

    /// Whether policy denies a revision by what is known before a byte is fetched. Nothing is recorded:
    /// a denial is, as soon as it is told to somebody.
    pub(crate) async fn is_denied_unseen(
        &self,
        located: &Located,
        revision: &RevisionRow,
        environment: &Environment,
    ) -> Result<bool, Refused> {
        let card: Card = serde_json::from_str(&revision.card).map_err(Refused::internal)?;
        let facts = self.gather_facts(located, revision, &card, environment).await?;
        let active = self.policy().await.map_err(Refused::internal)?;
        // An error denies; the decision that is recorded next says which.
        let judged = self.ask_policy(&active.policy, &facts).await;
        Ok(judged.map_or(true, |judgement| judgement.outcome == Outcome::Deny))
    }

    async fn decision(
        &self,
        located: &Located,
        revision: &RevisionRow,
        facts: &Facts,
    ) -> Result<Decision, Refused> {
        let environment = &facts.environment;
        let text = facts.canonical();
        let digest = Digest::of(text.as_bytes());
        let active = self.policy().await.map_err(Refused::internal)?;
        let policy = active.policy.digest(environment).map_err(Refused::internal)?;
        let mut db = self.0.store.read().await?;
        let still_holds =
            |decision: &Decision| decision.facts == digest && decision.policy == policy;
        let latest = db.find_current_decision(&revision.id, environment).await?;
        drop(db);
        let latest = latest.map(|row| row.decision);
        let current = latest.clone().filter(still_holds);
        if let Some(decision) = &current
            && !is_failure(decision)
        {
            return Ok(decision.clone());
        }
        let judgement = match self.ask_policy(&active.policy, facts).await {
            Ok(judgement) => judgement,
            Err(error) => {
                tracing::error!(%error, "policy failed for {}", located.artifact);
                // What was let in goes on being served while nobody is there to be asked about its age.
                if matches!(error, PolicyError::NoAnswer(_))
                    && let Some(decision) = latest.filter(|latest| latest.policy == policy)
                    && decision.outcome == Outcome::Allow
                    && self.is_only_older(&decision, &text).await?
                {
                    return Ok(decision);
                }
                failed(policy, digest, error.rule().unwrap_or("policy-error"), &error.to_string())
            }
        };
        // A machine that was too busy for a rule is asked again, and says the same again or decides.
        if let Some(decision) = current.filter(|current| current.reasons == judgement.reasons) {
            return Ok(decision);
        }
        let document = active.policy.document(environment).map_err(Refused::internal)?;
        let now = self.0.settings.clock.now();
        let decision = Decision {
            id: DecisionId::new(self.0.settings.ids.ulid(now)),
            environment: environment.clone(),
            outcome: judgement.outcome,
            reasons: judgement.reasons,
            policy: judgement.policy,
            facts: digest,
            decided_at: now,
        };
        let mut change = self.begin().await?;
        // Somebody else may have decided the same a moment ago.
        if let Some(current) = change.tx().find_current_decision(&revision.id, environment).await?
            && still_holds(&current.decision)
            && !is_failure(&current.decision)
        {
            return Ok(current.decision);
        }
        change.tx().put_document(policy, document).await?;
        change.tx().put_document(digest, &text).await?;
        change.tx().insert_decision(&revision.id, &decision).await?;
        self.attest_decision(&mut change, &revision.id, &decision, facts).await?;
        change
            .commit(Event::Decided {
                decision: decision.id.to_string(),
                artifact: located.artifact.to_string(),
                commit: Some(revision.commit.to_string()),
                environment: environment.to_string(),
                outcome: decision.outcome.as_str(),
                rules: decision.reasons.iter().map(|reason| reason.rule.clone()).collect(),
                policy: policy.to_string(),
                facts: digest.to_string(),
                carried_over_from: facts
                    .approvals
                    .iter()
                    .find_map(|approval| approval.carried_over_from.as_ref())
                    .map(ToString::to_string),
            })
            .await?;
        Ok(decision)
    }

    /// Whether time is all that these facts differ in from those of a decision.
    async fn is_only_older(&self, decision: &Decision, facts: &str) -> Result<bool, StoreError> {
        let before = self.0.store.read().await?.find_document(decision.facts).await?;
        Ok(before
            .and_then(|before| without_age(&before))
            .is_some_and(|before| without_age(facts).is_some_and(|now| now == before)))
    }

    /// Whether anything of this name was ever downloaded.
    pub(crate) async fn was_ever_downloaded(
        &self,
        artifact: &Artifact,
    ) -> Result<bool, StoreError> {
        let mut db = self.0.store.read().await?;
        match db.find_artifact(artifact).await? {
            Some(row) => db.was_artifact_downloaded(&row.id).await,
            None => Ok(false),
        }
    }
}

/// A facts document without the one fact that changes by itself.
fn without_age(facts: &str) -> Option<serde_json::Value> {
    let mut facts: serde_json::Value = serde_json::from_str(facts).ok()?;
    facts.get_mut("revision")?.as_object_mut()?.remove("age_hours")?;
    Some(facts)
}

/// How the reason of a decision begins that policy gave no answer to.
const FAILED: &str = "policy could not decide: ";

/// Whether policy gave no answer.
fn is_failure(decision: &Decision) -> bool {
    decision.reasons.first().is_some_and(|reason| reason.message.starts_with(FAILED))
}

/// What an error of policy amounts to: no.
fn failed(policy: Digest, facts: Digest, rule: &str, error: &str) -> Judgement {
    Judgement {
        outcome: Outcome::Deny,
        reasons: vec![Reason {
            rule: rule.to_owned(),
            gate: Gate::Use,
            mode: Mode::Enforce,
            effect: Outcome::Deny,
            message: format!("{FAILED}{error}"),
            remedy: "ask to have the policy mended".to_owned(),
            contact: "admin".to_owned(),
        }],
        policy,
        facts,
    }
}
