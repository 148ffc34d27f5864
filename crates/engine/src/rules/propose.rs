//! Proposing a policy: somebody says what and why, it is tried out on what is on record, and waits for
//! somebody else.

use std::collections::BTreeMap;

use weighbridge_domain::{Caller, ConfirmError, PolicyOrigin, PolicyState, Proposal, Role};
use weighbridge_policy::Bundle;
use weighbridge_store::PolicyRow;

use super::ask::RulePlace;
use super::simulate::Progress;
use super::{ChangePolicyError, SimulationReport};
use crate::review::checked;
use crate::{Engine, Event};

/// What a policy is taken from.
#[derive(Clone, Debug)]
pub enum PolicySource {
    /// These files.
    Files(BTreeMap<String, String>),
    /// An earlier version.
    Version(u64),
    /// What the configuration says; activated, it is in charge again.
    Configuration,
}

/// A policy to propose.
#[derive(Clone, Debug)]
pub struct NewPolicy {
    /// What it is taken from.
    pub source: PolicySource,
    /// Why.
    pub because: String,
    /// Over how many days of pulls it is tried out.
    pub days: u32,
}

impl Engine {
    /// Proposes a policy. It decides nothing until somebody else confirms it.
    pub async fn propose_policy(
        &self,
        by: &Caller,
        new: NewPolicy,
        told: impl FnMut(Progress) + Send,
    ) -> Result<(PolicyRow, SimulationReport), ChangePolicyError> {
        let role = by.role;
        let by = by.acting_everywhere(Role::changes_policy);
        let by = by.ok_or(ConfirmError::WrongRole(role))?;
        let because = checked("because", &new.because).map_err(|_| ChangePolicyError::BadText)?;
        let bundle = self.bundle_of(&new.source).await?;
        let report = self.simulate_policy(bundle.clone(), new.days, told).await?;
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let active = change.tx().find_active_policy().await?;
        let base = active.as_ref().map_or(0, |row| row.proposal.number);
        let origin = match &new.source {
            PolicySource::Configuration => PolicyOrigin::Configuration,
            PolicySource::Files(_) | PolicySource::Version(_) => PolicyOrigin::Proposal,
        };
        if active.is_some_and(|row| row.digest == bundle.digest() && row.origin == origin) {
            return Err(ChangePolicyError::NothingNew(base));
        }
        let number = change.tx().next_policy_number().await?;
        let restores = match new.source {
            PolicySource::Version(number) => Some(number),
            PolicySource::Files(_) | PolicySource::Configuration => None,
        };
        let summary = report.summary();
        let row = PolicyRow {
            proposal: Proposal {
                number,
                state: PolicyState::Proposed,
                proposed_by: by.name.clone(),
                base,
            },
            digest: bundle.digest(),
            origin,
            restores,
            because,
            simulation: summary.to_string(),
            effective: String::new(),
            proposed_at: now,
            settled_by: None,
            settled_at: None,
            ended_at: None,
        };
        change.tx().put_document(row.digest, &bundle.document()).await?;
        change.tx().insert_policy(&row).await?;
        let event = Event::PolicyProposed {
            version: number,
            by: by.name.clone(),
            role: by.role.to_string(),
            because: row.because.clone(),
            digest: row.digest.to_string(),
            base,
            restores,
            simulation: summary,
        };
        change.commit(event).await?;
        Ok((row, report))
    }

    /// The policy that a source names; files are checked, and their rules tried out.
    pub async fn bundle_of(&self, source: &PolicySource) -> Result<Bundle, ChangePolicyError> {
        let environments = self.environments();
        match source {
            PolicySource::Configuration => Ok(self.configured()),
            PolicySource::Version(number) => {
                let mut db = self.0.store.read().await?;
                let row = db.find_policy(*number).await?;
                let row = row.ok_or(ChangePolicyError::NoSuchVersion(*number))?;
                let text = db.find_document(row.digest).await?.unwrap_or_default();
                Ok(Bundle::from_document(&text, &environments)?)
            }
            PolicySource::Files(files) => {
                let (files, own_rules) = (files.clone(), self.0.own_rules.clone());
                let read = move || Bundle::read(files, &environments, &own_rules);
                let read = self.apart(RulePlace::Trial, read).await?;
                read.map(|(bundle, _)| bundle).map_err(ChangePolicyError::Complaints)
            }
        }
    }
}
