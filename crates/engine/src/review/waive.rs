//! Waivers: one rule set aside for some artifacts in one environment, until a moment, by the role that
//! the rule names.

use std::time::Duration;

use weighbridge_domain::{Caller, Environment, OutOfReach, RepoPattern, Role, Timestamp};
use weighbridge_policy::waivable;
use weighbridge_store::{StoreError, WaiverRow};

use super::{RequestError, checked};
use crate::{Engine, Event};

/// The longest a waiver lasts.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// A waiver to grant.
#[derive(Clone, Debug)]
pub struct NewWaiver {
    /// The rule to set aside.
    pub rule: String,
    /// For which artifacts.
    pub pattern: RepoPattern,
    /// In which environment.
    pub environment: Environment,
    /// Why.
    pub because: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why a waiver is not granted or revoked.
#[derive(Debug, thiserror::Error)]
pub enum WaiverError {
    /// There is no such rule, or it is never set aside.
    #[error("rule `{0}` is unknown, or never set aside")]
    NotWaivable(String),
    /// Another role answers for the rule.
    #[error("`{rule}` is waived in the role `{needed}`, not `{role}`")]
    NotYourRule {
        /// The rule.
        rule: String,
        /// The role that answers for it.
        needed: String,
        /// The role of whoever tried.
        role: Role,
    },
    /// The caller's roles hold elsewhere.
    #[error(transparent)]
    OutOfReach(#[from] OutOfReach),
    /// There is no such environment.
    #[error("there is no environment `{0}` here")]
    NoSuchEnvironment(Environment),
    /// The reason is missing or too long.
    #[error("`because` takes 1 to 4000 characters")]
    BadText,
    /// The end is in the past, or too far away.
    #[error("a waiver ends between now and {latest}")]
    BadExpiry {
        /// The latest end.
        latest: Timestamp,
    },
    /// There is no such waiver, or it was revoked.
    #[error("there is no waiver `{0}` in force")]
    NoSuchWaiver(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Sets a rule aside.
    pub async fn grant_waiver(
        &self,
        by: &Caller,
        new: NewWaiver,
    ) -> Result<WaiverRow, WaiverError> {
        let active = self.policy().await.map_err(|error| StoreError::Other(error.to_string()))?;
        let own = active.own_rule(&new.rule).filter(|rule| rule.waivable);
        let contact = match (waivable(&new.rule), own) {
            (Some(shipped), _) => shipped.contact,
            (None, Some(own)) => own.contact.as_str(),
            (None, None) => {
                return Err(WaiverError::NotWaivable(new.rule.chars().take(60).collect()));
            }
        };
        let answers = |role: Role| role.as_str() == contact;
        if !by.holds(answers) {
            let (rule, needed) = (new.rule, contact.to_owned());
            return Err(WaiverError::NotYourRule { rule, needed, role: by.role });
        }
        if !self.0.settings.environments.iter().any(|known| known.name == new.environment) {
            return Err(WaiverError::NoSuchEnvironment(new.environment));
        }
        let by = by.acting_on_all(answers, &new.pattern, &new.environment)?;
        let because =
            checked("because", &new.because).map_err(|_: RequestError| WaiverError::BadText)?;
        let now = self.0.settings.clock.now();
        let latest = now.plus(LONGEST);
        if new.expires_at <= now || new.expires_at > latest {
            return Err(WaiverError::BadExpiry { latest });
        }
        let row = WaiverRow {
            id: self.0.settings.ids.ulid(now),
            rule: new.rule,
            pattern: new.pattern,
            environment: new.environment,
            because,
            granted_by: by.name.clone(),
            role: by.role,
            granted_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
        };
        let mut change = self.begin().await?;
        change.tx().insert_waiver(&row).await?;
        change
            .commit(Event::WaiverGranted {
                waiver: row.id.clone(),
                by: row.granted_by.clone(),
                role: row.role.to_string(),
                rule: row.rule.clone(),
                pattern: row.pattern.to_string(),
                environment: row.environment.to_string(),
                because: row.because.clone(),
                expires_at: row.expires_at.to_string(),
            })
            .await?;
        Ok(row)
    }

    /// Ends a waiver before its time: the role that granted it, or an administrator.
    pub async fn revoke_waiver(&self, by: &Caller, id: &str) -> Result<(), WaiverError> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let no_such = || WaiverError::NoSuchWaiver(id.chars().take(40).collect());
        let row = change.tx().find_waiver(id).await?.ok_or_else(no_such)?;
        if !by.is_admin() {
            if !by.holds(|role| role == row.role) {
                let needed = row.role.to_string();
                return Err(WaiverError::NotYourRule { rule: row.rule, needed, role: by.role });
            }
            by.acting_on_all(|role| role == row.role, &row.pattern, &row.environment)?;
        }
        if !change.tx().revoke_waiver(id, now).await? {
            return Err(no_such());
        }
        change.commit(Event::WaiverRevoked { waiver: row.id, by: by.name.clone() }).await?;
        Ok(())
    }

    /// Every waiver there ever was, the newest first, from before `before` on.
    pub async fn list_waivers(
        &self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<WaiverRow>, StoreError> {
        self.0.store.read().await?.list_waivers(before, limit).await
    }
}
