//! Access tokens: made, shown once, listed, revoked.

use weighbridge_domain::{Caller, Environment, RepoPattern, Role, Timestamp, TokenSecret};
use weighbridge_store::{StoreError, TokenRow};

use crate::accounts::tokens::created;
use crate::{Engine, Event};

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose it is: it stands in the ledger beside everything done with it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The environment its holder pulls for.
    pub environment: Environment,
    /// Gated and private repositories its holder may have.
    pub entitled_to: Vec<RepoPattern>,
    /// When it ends; never, when it is left out.
    pub expires_at: Option<Timestamp>,
}

/// Why a token is not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name cannot be one.
    #[error("a token's name has 1 to 100 visible characters and is not `anonymous`")]
    BadName,
    /// An active token has the name.
    #[error("there is an active token `{0}` already")]
    Taken(String),
    /// A service answers no requests and administers nothing.
    #[error(
        "a service has the role `reader`, `developer` or `auditor`, not `{0}`: people answer requests"
    )]
    NotForServices(Role),
    /// An account of that name would be the same person in the ledger.
    #[error("there is an account `{0}`: what both do would stand under one name")]
    AccountHasName(String),
    /// There is no such environment.
    #[error("there is no environment `{0}` here")]
    NoSuchEnvironment(Environment),
    /// It would have ended before it began.
    #[error("it would have expired at {0} already")]
    Expired(Timestamp),
    /// There is no active token of that name or id.
    #[error("there is no active token `{0}`")]
    NoSuchToken(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Every token, the revoked ones too.
    pub async fn list_tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        self.0.store.read().await?.list_tokens().await
    }

    /// Makes a token. The secret is not kept: nobody can show it again.
    pub async fn create_token(
        &self,
        by: &Caller,
        new: NewToken,
    ) -> Result<(TokenRow, TokenSecret), TokenError> {
        self.insert_new_token(by, new, None).await
    }

    pub(crate) async fn insert_new_token(
        &self,
        by: &Caller,
        new: NewToken,
        service: Option<String>,
    ) -> Result<(TokenRow, TokenSecret), TokenError> {
        let name = checked_name(&new.name)?;
        let now = self.0.settings.clock.now();
        if let Some(end) = new.expires_at.filter(|end| *end <= now) {
            return Err(TokenError::Expired(end));
        }
        if !self.0.settings.environments.iter().any(|known| known.name == new.environment) {
            return Err(TokenError::NoSuchEnvironment(new.environment));
        }
        let secret = TokenSecret::generate(&self.0.settings.ids);
        let row = TokenRow {
            id: self.0.settings.ids.ulid(now),
            name,
            role: new.role,
            environment: new.environment,
            entitled_to: new.entitled_to,
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
            account_id: None,
            service,
            last_used_at: None,
        };
        let mut change = self.begin().await?;
        if change.tx().find_token_by_name(&row.name).await?.is_some() {
            return Err(TokenError::Taken(row.name));
        }
        let acts_as = row.service.as_ref().unwrap_or(&row.name);
        if change.tx().find_account(acts_as).await?.is_some() {
            return Err(TokenError::AccountHasName(acts_as.clone()));
        }
        change.tx().insert_token(&row, secret.digest()).await?;
        change.commit(created(by.name.clone(), &row, None)).await?;
        Ok((row, secret))
    }

    /// Revokes a token, by name or id: it is unknown from now on.
    pub async fn revoke_token(&self, by: &Caller, which: &str) -> Result<TokenRow, TokenError> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let no_such = || TokenError::NoSuchToken(which.chars().take(120).collect());
        let found = match change.tx().find_token_by_name(which).await? {
            Some(row) => Some(row),
            None => change.tx().find_token(which).await?,
        };
        let Some(mut row) = found else { return Err(no_such()) };
        if !change.tx().revoke_token(&row.id, now).await? {
            return Err(no_such());
        }
        row.revoked_at = Some(now);
        let event = Event::TokenRevoked {
            by: by.name.clone(),
            token: row.id.clone(),
            name: row.name.clone(),
        };
        change.commit(event).await?;
        Ok(row)
    }
}

/// A name that a token or a service can have.
pub(crate) fn checked_name(name: &str) -> Result<String, TokenError> {
    let name = name.trim();
    let fits = (1..=100).contains(&name.chars().count())
        && !name.chars().any(char::is_control)
        && !name.eq_ignore_ascii_case("anonymous");
    if fits { Ok(name.to_owned()) } else { Err(TokenError::BadName) }
}
