//! Accounts: made, listed, disabled, enabled.

use weighbridge_domain::{AccountName, Caller, Timestamp};
use weighbridge_store::{AccountRow, Queries, StoreError};

use super::{AccountError, AccountReport};
use crate::{Change, Engine, Event};

/// An account to make.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Who it is in the ledger.
    pub name: String,
    /// What people call them; the name, when it is left out.
    pub display_name: Option<String>,
}

impl Engine {
    /// Makes an account. It may do nothing until something is granted, and opens nothing until it has a
    /// password.
    pub async fn add_account(
        &self,
        by: &Caller,
        new: NewAccount,
    ) -> Result<AccountReport, AccountError> {
        let name: AccountName = new.name.trim().parse()?;
        let display_name = new.display_name.as_deref().map_or(name.as_str(), str::trim).to_owned();
        let fits = (1..=100).contains(&display_name.chars().count())
            && !display_name.chars().any(char::is_control);
        if !fits {
            return Err(AccountError::BadDisplayName);
        }
        let now = self.0.settings.clock.now();
        let row = AccountRow {
            id: self.0.settings.ids.ulid(now),
            name,
            display_name,
            password_changed_at: None,
            created_at: now,
            disabled_at: None,
        };
        let mut change = self.begin().await?;
        let name = row.name.as_str();
        if change.tx().find_account(name).await?.is_some() {
            return Err(AccountError::Taken(name.to_owned()));
        }
        if is_a_token(change.tx(), name, now).await? {
            return Err(AccountError::TokenHasName(name.to_owned()));
        }
        change.tx().insert_account(&row).await?;
        let event = Event::AccountCreated {
            by: by.name.clone(),
            account: name.to_owned(),
            display_name: row.display_name.clone(),
        };
        change.commit(event).await?;
        Ok(AccountReport { account: row, grants: Vec::new() })
    }

    /// One account.
    pub async fn find_account(&self, name: &str) -> Result<Option<AccountReport>, StoreError> {
        let mut db = self.0.store.read().await?;
        let Some(account) = db.find_account(name).await? else { return Ok(None) };
        let grants = db.list_grants(&account.id).await?;
        Ok(Some(AccountReport { account, grants }))
    }

    /// The account behind a caller, when there is one.
    pub async fn account_of(&self, caller: &Caller) -> Result<Option<AccountReport>, StoreError> {
        let Some(holder) = &caller.holder else { return Ok(None) };
        let mut db = self.0.store.read().await?;
        let Some(account) = db.find_account_by_id(&holder.account_id).await? else {
            return Ok(None);
        };
        let grants = db.list_grants(&account.id).await?;
        Ok(Some(AccountReport { account, grants }))
    }

    /// Accounts by name, those after `after`.
    pub async fn list_accounts(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AccountReport>, StoreError> {
        let mut db = self.0.store.read().await?;
        let mut reports = Vec::new();
        for account in db.list_accounts(after, limit).await? {
            let grants = db.list_grants(&account.id).await?;
            reports.push(AccountReport { account, grants });
        }
        Ok(reports)
    }

    /// Disables an account: its sessions and tokens end with this change, on every replica.
    pub async fn disable_account(
        &self,
        by: &Caller,
        name: &str,
    ) -> Result<AccountReport, AccountError> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let account = existing(&mut change, name).await?;
        if account.disabled_at.is_none() {
            change.tx().set_account_disabled(&account.id, Some(now)).await?;
            let sessions = change.tx().end_sessions(&account.id, now).await?;
            let tokens = change.tx().revoke_tokens_of(&account.id, now).await?;
            let (by, account) = (by.name.clone(), account.name.to_string());
            change.commit(Event::AccountDisabled { by, account, sessions, tokens }).await?;
        }
        self.report(name).await
    }

    /// Enables an account again: with its password and grants; its tokens stay revoked.
    pub async fn enable_account(
        &self,
        by: &Caller,
        name: &str,
    ) -> Result<AccountReport, AccountError> {
        let mut change = self.begin().await?;
        let account = existing(&mut change, name).await?;
        if account.disabled_at.is_some() {
            change.tx().set_account_disabled(&account.id, None).await?;
            let (by, account) = (by.name.clone(), account.name.to_string());
            change.commit(Event::AccountEnabled { by, account }).await?;
        }
        self.report(name).await
    }

    pub(super) async fn report(&self, name: &str) -> Result<AccountReport, AccountError> {
        self.find_account(name).await?.ok_or_else(|| no_such(name))
    }
}

pub(super) async fn existing(change: &mut Change, name: &str) -> Result<AccountRow, AccountError> {
    change.tx().find_account(name).await?.ok_or_else(|| no_such(name))
}

fn no_such(name: &str) -> AccountError {
    AccountError::NoSuchAccount(name.chars().take(80).collect())
}

/// Whether a token that is nobody's acts under a name, or for a service of that name.
async fn is_a_token(db: &mut Queries, name: &str, now: Timestamp) -> Result<bool, StoreError> {
    let tokens = db.list_tokens().await?;
    Ok(tokens.iter().any(|token| {
        token.revoked_at.is_none()
            && token.expires_at.is_none_or(|end| end > now)
            && token.account_id.is_none()
            && token.service.as_ref().unwrap_or(&token.name) == name
    }))
}
