//! The versions there are and were.

use weighbridge_domain::{Environment, Gate, Outcome};
use weighbridge_policy::{Bundle, RuleSetting, rules, waivable};
use weighbridge_store::{PolicyRow, StoreError};

use super::ChangePolicyError;
use crate::Engine;

/// One version, and what it says.
#[derive(Clone, Debug)]
pub struct PolicyReport {
    /// The version.
    pub row: PolicyRow,
    /// What its digest is the hash of.
    pub document: String,
    /// What it says, rules of this program that it does not know included.
    pub bundle: Bundle,
    /// Whether the configuration says something else that is not in force.
    pub overrules_configuration: bool,
}

/// One rule of a policy, and how each environment takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleReport {
    /// Its id.
    pub id: String,
    /// Whether the house wrote it itself.
    pub is_own: bool,
    /// What it objects to.
    pub title: String,
    /// Why anybody would want it.
    pub why: String,
    /// Where it stands.
    pub gate: Gate,
    /// What it asks for.
    pub effect: Outcome,
    /// The role that can help.
    pub contact: String,
    /// Whether that role can set it aside for a while.
    pub waivable: bool,
    /// How each environment takes it, in the order people think of them.
    pub environments: Vec<(Environment, RuleSetting)>,
}

impl PolicyReport {
    /// Every rule, the shipped ones first, by id.
    pub fn rules(&self) -> Vec<RuleReport> {
        let settings = |id: &str| {
            let taken = |policy: &weighbridge_policy::EnvironmentPolicy| {
                let setting = policy.rules().get(id)?;
                Some((policy.environment().clone(), setting.clone()))
            };
            self.bundle.environments().iter().filter_map(taken).collect()
        };
        let shipped = rules().iter().map(|rule| RuleReport {
            id: rule.id.to_owned(),
            is_own: false,
            title: rule.title.to_owned(),
            why: rule.why.to_owned(),
            gate: rule.gate,
            effect: rule.effect,
            contact: rule.contact.to_owned(),
            waivable: waivable(rule.id).is_some(),
            environments: settings(rule.id),
        });
        let own = self.bundle.own().iter().map(|rule| RuleReport {
            id: rule.id.clone(),
            is_own: true,
            title: rule.title.clone(),
            why: rule.why.clone(),
            gate: Gate::Use,
            effect: rule.effect,
            contact: rule.contact.clone(),
            waivable: rule.waivable,
            environments: settings(&rule.id),
        });
        shipped.chain(own).collect()
    }
}

impl Engine {
    /// A version of the policy; without a number, the active one.
    pub async fn show_policy(
        &self,
        number: Option<u64>,
    ) -> Result<PolicyReport, ChangePolicyError> {
        let mut db = self.0.store.read().await?;
        let row = match number {
            Some(number) => db.find_policy(number).await?,
            None => db.find_active_policy().await?,
        };
        let row = row.ok_or(ChangePolicyError::NoSuchVersion(number.unwrap_or(0)))?;
        let text = db.find_document(row.digest).await?.unwrap_or_default();
        let active = db.find_active_policy().await?;
        drop(db);
        let bundle = Bundle::from_document(&text, &self.environments())?;
        let is_active = active.is_some_and(|active| active.proposal.number == row.proposal.number);
        let overruled = self.overruled(&row, &self.configured()).await?;
        Ok(PolicyReport {
            row,
            document: text,
            bundle,
            overrules_configuration: is_active && overruled.is_some(),
        })
    }

    /// The versions there are and were, the newest first, those before `before`.
    pub async fn list_policies(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<PolicyRow>, StoreError> {
        self.0.store.read().await?.list_policies(before, limit).await
    }
}
