//! Personal tokens, which act for their account, and tokens of services, which answer no requests.

use std::time::Duration;

use weighbridge_domain::{
    AccountName, Caller, Environment, RepoPattern, Role, Timestamp, TokenSecret,
};
use weighbridge_store::{AccountRow, GrantRow, StoreError, TokenRow};

use crate::{Engine, Event, NewToken, TokenError};

/// How long a personal token lasts, when nobody says otherwise.
const USUAL: Duration = Duration::from_hours(24 * 90);
/// The longest it may.
const LONGEST: Duration = Duration::from_hours(24 * 366);

/// A token to make for one's own account.
#[derive(Clone, Debug)]
pub struct NewPersonalToken {
    /// What its owner calls it.
    pub label: String,
    /// The one of the account's roles that it acts in. May be left out by whoever has one only.
    pub role: Option<Role>,
    /// The environment it pulls for.
    pub environment: Option<Environment>,
    /// When it ends; after 90 days, when it is left out.
    pub expires_at: Option<Timestamp>,
}

/// A token to make for a service.
#[derive(Clone, Debug)]
pub struct NewServiceToken {
    /// Of which service: it stands in the ledger beside everything done with the token.
    pub service: String,
    /// The token.
    pub token: NewToken,
}

/// Why a personal token is not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum OwnTokenError {
    /// The label cannot be one.
    #[error("a token's name has 1 to 40 letters, digits, `.`, `-` or `_`")]
    BadLabel,
    /// The account has no such role anywhere.
    #[error("`{account}` does not hold the role `{role}`")]
    NotYourRole {
        /// Whose.
        account: AccountName,
        /// Which role.
        role: Role,
    },
    /// The account has none, or several.
    #[error("say which role the token acts in: `{account}` holds {held}")]
    WhichRole {
        /// Whose.
        account: AccountName,
        /// Those it has.
        held: String,
    },
    /// The role is not held in that environment.
    #[error("`{account}` does not hold the role `{role}` in `{environment}`")]
    NotThere {
        /// Whose.
        account: AccountName,
        /// Which role.
        role: Role,
        /// Where.
        environment: Environment,
    },
    /// It would end too late, or has ended.
    #[error("a personal token ends between now and {latest}")]
    BadExpiry {
        /// The latest end.
        latest: Timestamp,
    },
    /// There is one of that name.
    #[error("there is an active token `{0}` already")]
    Taken(String),
    /// There is none.
    #[error("there is no active token `{0}` of yours")]
    NoSuchToken(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Makes a token that acts for its account, in one of its roles. The secret is not kept.
    pub async fn create_personal_token(
        &self,
        account: &AccountRow,
        new: NewPersonalToken,
    ) -> Result<(TokenRow, TokenSecret), OwnTokenError> {
        let label = new.label.trim();
        let fits = (1..=40).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if !fits {
            return Err(OwnTokenError::BadLabel);
        }
        let now = self.0.settings.clock.now();
        let latest = now.plus(LONGEST);
        let end = new.expires_at.unwrap_or(now.plus(USUAL));
        if end <= now || end > latest {
            return Err(OwnTokenError::BadExpiry { latest });
        }
        let secret = TokenSecret::generate(&self.0.settings.ids);
        let mut change = self.begin().await?;
        let grants = change.tx().list_grants(&account.id).await?;
        let role = role_of(account, &grants, new.role)?;
        let environment = self.environment_of(account, &grants, role, new.environment)?;
        let row = TokenRow {
            id: self.0.settings.ids.ulid(now),
            name: format!("{}/{label}", account.name),
            role,
            environment,
            entitled_to: Vec::new(),
            created_at: now,
            expires_at: Some(end),
            revoked_at: None,
            account_id: Some(account.id.clone()),
            service: None,
            last_used_at: None,
        };
        if change.tx().find_token_by_name(&row.name).await?.is_some() {
            return Err(OwnTokenError::Taken(row.name));
        }
        change.tx().insert_token(&row, secret.digest()).await?;
        change.commit(created(account.name.to_string(), &row, Some(&account.name))).await?;
        Ok((row, secret))
    }

    /// The tokens of an account, the revoked ones too.
    pub async fn list_own_tokens(&self, account: &AccountRow) -> Result<Vec<TokenRow>, StoreError> {
        self.0.store.read().await?.list_tokens_of(&account.id).await
    }

    /// Revokes a token of one's own, by label, name or id.
    pub async fn revoke_own_token(
        &self,
        account: &AccountRow,
        which: &str,
    ) -> Result<TokenRow, OwnTokenError> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let own = change.tx().list_tokens_of(&account.id).await?;
        let full = format!("{}/{which}", account.name);
        let mut found = own.into_iter().filter(|row| {
            row.revoked_at.is_none() && (row.id == which || row.name == which || row.name == full)
        });
        let Some(mut row) = found.next() else {
            return Err(OwnTokenError::NoSuchToken(which.chars().take(120).collect()));
        };
        change.tx().revoke_token(&row.id, now).await?;
        row.revoked_at = Some(now);
        let (by, token, name) = (account.name.to_string(), row.id.clone(), row.name.clone());
        change.commit(Event::TokenRevoked { by, token, name }).await?;
        Ok(row)
    }

    /// Makes a token for a service. Services pull, ask and read; they answer nothing.
    pub async fn create_service_token(
        &self,
        by: &Caller,
        new: NewServiceToken,
    ) -> Result<(TokenRow, TokenSecret), TokenError> {
        if !matches!(new.token.role, Role::Reader | Role::Developer | Role::Auditor) {
            return Err(TokenError::NotForServices(new.token.role));
        }
        let service = crate::manage::tokens::checked_name(&new.service)?;
        self.insert_new_token(by, new.token, Some(service)).await
    }

    fn environment_of(
        &self,
        account: &AccountRow,
        grants: &[GrantRow],
        role: Role,
        asked: Option<Environment>,
    ) -> Result<Environment, OwnTokenError> {
        let settings = &self.0.settings;
        let is_held = |environment: &Environment| {
            grants.iter().any(|row| row.grant.role == role && row.grant.holds_in(environment))
        };
        let usual = &settings.default_environment;
        let mut known =
            std::iter::once(usual).chain(settings.environments.iter().map(|known| &known.name));
        let chosen = match &asked {
            Some(asked) => known.find(|name| *name == asked).filter(|name| is_held(name)),
            None => known.find(|name| is_held(name)),
        };
        chosen.cloned().ok_or_else(|| OwnTokenError::NotThere {
            account: account.name.clone(),
            role,
            environment: asked.unwrap_or_else(|| usual.clone()),
        })
    }
}

/// What the ledger says of a new token.
pub(crate) fn created(by: String, row: &TokenRow, account: Option<&AccountName>) -> Event {
    Event::TokenCreated {
        by,
        token: row.id.clone(),
        name: row.name.clone(),
        role: row.role.to_string(),
        environment: row.environment.to_string(),
        entitled_to: row.entitled_to.iter().map(RepoPattern::to_string).collect(),
        account: account.map(ToString::to_string),
        service: row.service.clone(),
    }
}

fn role_of(
    account: &AccountRow,
    grants: &[GrantRow],
    asked: Option<Role>,
) -> Result<Role, OwnTokenError> {
    let name = || account.name.clone();
    let held: Vec<Role> = Role::ALL
        .into_iter()
        .filter(|role| grants.iter().any(|row| row.grant.role == *role))
        .collect();
    match (asked, held.as_slice()) {
        (Some(role), held) if held.contains(&role) => Ok(role),
        (Some(role), _) => Err(OwnTokenError::NotYourRole { account: name(), role }),
        (None, [role]) => Ok(*role),
        (None, held) => {
            let held: Vec<String> = held.iter().map(|role| format!("`{role}`")).collect();
            let held = if held.is_empty() { "none".to_owned() } else { held.join(", ") };
            Err(OwnTokenError::WhichRole { account: name(), held })
        }
    }
}
