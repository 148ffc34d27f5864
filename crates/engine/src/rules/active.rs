//! The version that decides. It is read again when another replica may have changed it, and never trusted
//! beyond the generation it was read in.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use weighbridge_domain::{
    Digest, Environment, Mode, PolicyOrigin, PolicyState, Proposal, Timestamp,
};
use weighbridge_policy::{Bundle, OwnRule, Place, Policy, PolicyError, RuleSetting};
use weighbridge_store::{PolicyRow, StoreError};

use crate::{Engine, EngineSettings, Event, OpenError};

/// Who acts where no person does.
const CONFIGURATION: &str = "configuration";

/// The policy that decides.
pub struct ActivePolicy {
    /// Its number.
    pub number: u64,
    /// The policy, as people wrote it.
    pub bundle: Bundle,
    /// The same, compiled.
    pub(crate) policy: Policy,
}

impl ActivePolicy {
    /// How an environment takes a rule.
    pub fn rule(&self, environment: &Environment, id: &str) -> Option<&RuleSetting> {
        let policies = self.bundle.environments();
        let taken = policies.iter().find(|policy| policy.environment() == environment)?;
        taken.rules().get(id)
    }

    /// The rule of the house's own with that id.
    pub fn own_rule(&self, id: &str) -> Option<&OwnRule> {
        self.bundle.own().iter().find(|rule| rule.id == id)
    }
}

/// The policy in use, and the generation it was read in.
pub(crate) struct InUse(RwLock<(u64, Arc<ActivePolicy>)>);

impl InUse {
    pub(crate) fn new(generation: u64, policy: ActivePolicy) -> InUse {
        InUse(RwLock::new((generation, Arc::new(policy))))
    }

    fn get(&self) -> (u64, Arc<ActivePolicy>) {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, generation: u64, policy: &Arc<ActivePolicy>) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have read a later one meanwhile.
        if held.0 <= generation {
            *held = (generation, Arc::clone(policy));
        }
    }
}

impl Engine {
    /// The policy that decided last, without asking the store whether another replica has changed it.
    pub(crate) fn policy_held(&self) -> Arc<ActivePolicy> {
        self.0.policy.get().1
    }

    /// How an environment takes a rule now.
    pub(crate) fn rule_mode(&self, environment: &Environment, rule: &str) -> Mode {
        self.policy_held().rule(environment, rule).map_or(Mode::Off, |setting| setting.mode)
    }

    /// The mode and the parameters of a rule, as the policy document of an environment has them.
    pub(crate) fn rule_setting(
        &self,
        environment: &Environment,
        rule: &str,
    ) -> Option<serde_json::Value> {
        let active = self.policy_held();
        let document = active.policy.document(environment).ok()?;
        let mut document: serde_json::Value = serde_json::from_str(document).ok()?;
        document.get_mut("rules")?.get_mut(rule).map(serde_json::Value::take)
    }

    /// The policy that decides now.
    pub async fn policy(&self) -> Result<Arc<ActivePolicy>, PolicyUnknown> {
        let generation = self.generation().await?;
        let (read_in, held) = self.0.policy.get();
        if read_in == generation {
            return Ok(held);
        }
        let row = self.0.store.read().await?.find_active_policy().await?;
        let row = row.ok_or(PolicyUnknown::Missing)?;
        let current = if row.proposal.number == held.number {
            held
        } else {
            Arc::new(self.read_policy(&row).await?)
        };
        self.0.policy.set(generation, &current);
        Ok(current)
    }

    /// Reads a version and compiles it.
    pub(crate) async fn read_policy(&self, row: &PolicyRow) -> Result<ActivePolicy, PolicyUnknown> {
        let text = self.0.store.read().await?.find_document(row.digest).await?;
        let text = text.ok_or(PolicyUnknown::Missing)?;
        let (number, environments) = (row.proposal.number, self.environments());
        let own_rules = self.0.own_rules.clone();
        // Compiling takes milliseconds of one core: other requests go on meanwhile.
        let read = tokio::task::spawn_blocking(move || -> Result<ActivePolicy, PolicyError> {
            let bundle = Bundle::from_document(&text, &environments)?;
            let policy = Policy::of(&bundle, &own_rules)?;
            Ok(ActivePolicy { number, bundle, policy })
        });
        let read = read.await;
        Ok(read.map_err(|error| StoreError::Other(error.to_string()))??)
    }

    pub(crate) fn environments(&self) -> Vec<Environment> {
        self.0.settings.environments.iter().map(|known| known.name.clone()).collect()
    }

    /// What the configuration says when nobody activated anything.
    pub(crate) fn configured(&self) -> Bundle {
        configured(&self.0.settings)
    }

    /// Takes up the version that decides, at the start: a new one when the configuration is in charge and
    /// has changed. Says so in the ledger when this program gives the version another meaning.
    pub(crate) async fn begin_policy(&self) -> Result<(), OpenError> {
        let configured = self.configured();
        let mut change = self.begin().await?;
        let active = change.tx().find_active_policy().await?;
        let now = self.0.settings.clock.now();
        match active {
            Some(row)
                if row.origin == PolicyOrigin::Proposal || row.digest == configured.digest() =>
            {
                drop(change);
                let read = self.read_policy(&row).await.map_err(|error| match error {
                    PolicyUnknown::Policy(error) => OpenError::Policy(error),
                    other => OpenError::Settings(other.to_string()),
                })?;
                self.take_up(&row, read, &configured).await
            }
            active => {
                let base = active.as_ref().map_or(0, |row| row.proposal.number);
                let number = change.tx().next_policy_number().await?;
                let policy = Policy::of(&configured, &self.0.own_rules)?;
                let row = configured_row(number, base, &configured, &policy, now);
                change.tx().put_document(row.digest, &configured.document()).await?;
                change.tx().supersede_policy(now).await?;
                change.tx().insert_policy(&row).await?;
                let event = Event::PolicyActivated {
                    version: number,
                    digest: row.digest.to_string(),
                    by: CONFIGURATION.to_owned(),
                    proposed_by: CONFIGURATION.to_owned(),
                    restores: None,
                    one_person: false,
                };
                change.commit(event).await?;
                let generation = self.generation().await?;
                let read = ActivePolicy { number, bundle: configured, policy };
                self.0.policy.set(generation, &Arc::new(read));
                Ok(())
            }
        }
    }

    async fn take_up(
        &self,
        row: &PolicyRow,
        read: ActivePolicy,
        configured: &Bundle,
    ) -> Result<(), OpenError> {
        let number = row.proposal.number;
        let effective = effective(&read.policy);
        if effective != row.effective {
            let mut change = self.begin().await?;
            change.tx().set_policy_effective(number, &effective).await?;
            let event = Event::PolicyLoaded {
                version: number,
                digest: row.digest.to_string(),
                program: env!("CARGO_PKG_VERSION"),
                environments: digests(&read.policy),
            };
            change.commit(event).await?;
        }
        if let Some(number) = self.overruled(row, configured).await? {
            tracing::warn!(
                "the rules of the configuration are not in force: version {number} of the policy was \
                 activated; `weighbridge policy diff active config` shows the difference"
            );
        }
        let generation = self.generation().await?;
        self.0.policy.set(generation, &Arc::new(read));
        Ok(())
    }

    /// The active version, when it was activated by people and the configuration has changed since it was
    /// last in charge: somebody may believe that it does something.
    pub(crate) async fn overruled(
        &self,
        active: &PolicyRow,
        configured: &Bundle,
    ) -> Result<Option<u64>, StoreError> {
        if active.origin == PolicyOrigin::Configuration {
            return Ok(None);
        }
        let last = self.0.store.read().await?.find_last_configured_policy().await?;
        let is_known = last.is_some_and(|row| row.digest == configured.digest());
        Ok((!is_known).then_some(active.proposal.number))
    }
}

/// The first version, which comes with the instance itself.
pub(crate) fn first(
    settings: &EngineSettings,
    own_rules: &Place,
) -> Result<(PolicyRow, String, ActivePolicy), PolicyError> {
    let bundle = configured(settings);
    let policy = Policy::of(&bundle, own_rules)?;
    let row = configured_row(1, 0, &bundle, &policy, settings.clock.now());
    let document = bundle.document();
    Ok((row, document, ActivePolicy { number: 1, bundle, policy }))
}

fn configured(settings: &EngineSettings) -> Bundle {
    let environments = settings.environments.iter();
    Bundle::of_settings(environments.map(|known| known.policy.clone()).collect())
}

fn configured_row(
    number: u64,
    base: u64,
    bundle: &Bundle,
    policy: &Policy,
    now: Timestamp,
) -> PolicyRow {
    PolicyRow {
        proposal: Proposal {
            number,
            state: PolicyState::Active,
            proposed_by: CONFIGURATION.to_owned(),
            base,
        },
        digest: bundle.digest(),
        origin: PolicyOrigin::Configuration,
        restores: None,
        because: "the configuration says so".to_owned(),
        simulation: String::new(),
        effective: effective(policy),
        proposed_at: now,
        settled_by: Some(CONFIGURATION.to_owned()),
        settled_at: Some(now),
        ended_at: None,
    }
}

/// What decisions name, environment by environment.
pub(crate) fn digests(policy: &Policy) -> BTreeMap<String, String> {
    let named = |(name, digest): (String, Digest)| (name, digest.to_string());
    policy.digests().into_iter().map(named).collect()
}

/// The same as the store keeps it.
pub(crate) fn effective(policy: &Policy) -> String {
    serde_json::to_string(&digests(policy)).unwrap_or_default()
}

/// Why nobody knows what decides.
#[derive(Debug, thiserror::Error)]
pub enum PolicyUnknown {
    /// The version or its text is not on record.
    #[error("the active policy is not on record")]
    Missing,
    /// It does not compile in this program.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
