//! What an account may do: granted, and taken back.

use weighbridge_domain::{Caller, Environment, Grant, RepoPattern, Role};
use weighbridge_store::GrantRow;

use super::manage::existing;
use super::{AccountError, AccountReport};
use crate::{Engine, Event};

/// A role to grant.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// What its holder may do.
    pub role: Role,
    /// For which artifacts.
    pub pattern: RepoPattern,
    /// In which environment; in all, when it is left out.
    pub environment: Option<Environment>,
    /// Whether gated and private repositories of the pattern are meant too.
    pub includes_gated: bool,
}

impl Engine {
    /// Grants a role.
    pub async fn grant_role(
        &self,
        by: &Caller,
        name: &str,
        new: NewGrant,
    ) -> Result<AccountReport, AccountError> {
        let NewGrant { role, pattern, environment, includes_gated } = new;
        if let Some(unknown) = environment.as_ref().filter(|environment| {
            !self.0.settings.environments.iter().any(|known| known.name == **environment)
        }) {
            return Err(AccountError::NoSuchEnvironment(unknown.clone()));
        }
        let grant = Grant::new(role, pattern, environment, includes_gated)?;
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let account = existing(&mut change, name).await?;
        if by.name == account.name.as_str() {
            return Err(AccountError::Own);
        }
        let held = change.tx().list_grants(&account.id).await?;
        if let Some(same) = held.into_iter().find(|row| row.grant == grant) {
            return Err(AccountError::Granted { name: name.to_owned(), grant: same.id });
        }
        let row = GrantRow {
            id: self.0.settings.ids.ulid(now),
            account_id: account.id,
            grant,
            granted_by: by.name.clone(),
            granted_at: now,
            revoked_at: None,
        };
        change.tx().insert_grant(&row).await?;
        let event = Event::RoleGranted {
            by: by.name.clone(),
            account: name.to_owned(),
            grant: row.id,
            role: row.grant.role.to_string(),
            pattern: row.grant.pattern.to_string(),
            environment: row.grant.environment.map(|environment| environment.to_string()),
            includes_gated: row.grant.includes_gated,
        };
        change.commit(event).await?;
        self.report(name).await
    }

    /// Takes a role back: from the next moment on, everywhere.
    pub async fn revoke_role(
        &self,
        by: &Caller,
        name: &str,
        grant: &str,
    ) -> Result<AccountReport, AccountError> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let account = existing(&mut change, name).await?;
        let held = change.tx().list_grants(&account.id).await?;
        let Some(row) = held.into_iter().find(|row| row.id == grant) else {
            let grant = grant.chars().take(40).collect();
            return Err(AccountError::NoSuchGrant { name: name.to_owned(), grant });
        };
        change.tx().revoke_grant(&row.id, now).await?;
        let event = Event::RoleRevoked {
            by: by.name.clone(),
            account: name.to_owned(),
            grant: row.id,
            role: row.grant.role.to_string(),
        };
        change.commit(event).await?;
        self.report(name).await
    }
}
