//! The second pair of eyes: a proposal is confirmed, and decides from then on, or withdrawn.

use weighbridge_domain::{Caller, Confirmation};
use weighbridge_policy::Policy;
use weighbridge_store::PolicyRow;

use super::active::effective;
use super::{ChangePolicyError, PolicySource};
use crate::{Engine, Event};

impl Engine {
    /// Confirms a proposal: decisions are made by it from now on.
    pub async fn confirm_policy(
        &self,
        by: &Caller,
        number: u64,
    ) -> Result<PolicyRow, ChangePolicyError> {
        // Compiled before the change begins: it takes milliseconds, and other changes wait.
        let bundle = self.bundle_of(&PolicySource::Version(number)).await?;
        let policy = Policy::of(&bundle, &self.0.own_rules)?;
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let no_such = || ChangePolicyError::NoSuchVersion(number);
        let mut row = change.tx().find_policy(number).await?.ok_or_else(no_such)?;
        let active = change.tx().find_active_policy().await?.map_or(0, |row| row.proposal.number);
        let confirmation = self.0.settings.policy_confirmation;
        row.proposal.confirm(by, active, confirmation)?;
        row.settled_by = Some(by.name.clone());
        row.settled_at = Some(now);
        row.effective = effective(&policy);
        change.tx().supersede_policy(now).await?;
        change.tx().settle_policy(&row).await?;
        let is_alone = row.proposal.proposed_by == by.name;
        let event = Event::PolicyActivated {
            version: number,
            digest: row.digest.to_string(),
            by: by.name.clone(),
            proposed_by: row.proposal.proposed_by.clone(),
            restores: row.restores,
            one_person: is_alone && confirmation == Confirmation::ByAnyone,
        };
        change.commit(event).await?;
        Ok(row)
    }

    /// Takes a proposal back, or refuses it.
    pub async fn withdraw_policy(
        &self,
        by: &Caller,
        number: u64,
    ) -> Result<PolicyRow, ChangePolicyError> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let no_such = || ChangePolicyError::NoSuchVersion(number);
        let mut row = change.tx().find_policy(number).await?.ok_or_else(no_such)?;
        row.proposal.withdraw(by)?;
        row.settled_by = Some(by.name.clone());
        row.settled_at = Some(now);
        change.tx().settle_policy(&row).await?;
        change.commit(Event::PolicyWithdrawn { version: number, by: by.name.clone() }).await?;
        Ok(row)
    }
}
