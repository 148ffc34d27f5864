//! Who a token belongs to, and which environment its holder pulls for.

use std::time::Duration;

use weighbridge_domain::{Caller, Environment, Grant, Holder, Role, TokenSecret};
use weighbridge_store::{Queries, StoreError, TokenRow};

use crate::Engine;

/// How exactly the last use of a token is kept.
const USED_EVERY: Duration = Duration::from_mins(5);

/// Why a caller is turned away before anything else.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The environment takes no callers without a token.
    #[error("`{0}` needs a token: ask an administrator for one and set HF_TOKEN (sign-in)")]
    NoToken(Environment),
    /// The token is unknown, expired or revoked.
    #[error(
        "the token is unknown, expired or revoked: ask an administrator for a new one (sign-in)"
    )]
    UnknownToken,
    /// The token belongs to another environment than the address names.
    #[error(
        "this token is for `{own}`, the address is for `{asked}`: use the address of `{own}`, or a token of `{asked}` (environment)"
    )]
    OtherEnvironment {
        /// The token's environment.
        own: Environment,
        /// The address's.
        asked: Environment,
    },
    /// There is no such environment.
    #[error("there is no environment `{0}` here (environment)")]
    NoSuchEnvironment(Environment),
    /// The store did not answer.
    #[error("sign-in failed inside Weighbridge; it was logged")]
    Store(#[from] weighbridge_store::StoreError),
}

impl Engine {
    /// Finds the caller behind a token, or the anonymous one where that is allowed.
    ///
    /// `asked` is the environment an address names. An administrator's token serves in all of them.
    pub async fn sign_in(
        &self,
        secret: Option<&TokenSecret>,
        asked: Option<Environment>,
    ) -> Result<Caller, SignInError> {
        let environments = &self.0.settings.environments;
        if let Some(asked) = &asked
            && !environments.iter().any(|known| known.name == *asked)
        {
            return Err(SignInError::NoSuchEnvironment(asked.clone()));
        }
        let Some(secret) = secret else {
            let environment = asked.unwrap_or_else(|| self.0.settings.default_environment.clone());
            let known = self.0.settings.environments.iter().find(|known| known.name == environment);
            return match known {
                Some(known) if known.anonymous => Ok(Caller::anonymous(environment)),
                _ => Err(SignInError::NoToken(environment)),
            };
        };
        let mut caller = self.find_caller(secret).await?;
        self.note_used(&caller);
        match asked {
            Some(asked) if asked == caller.environment => {}
            Some(asked) if caller.role == Role::Admin => {
                caller.environment = asked;
            }
            Some(asked) => {
                return Err(SignInError::OtherEnvironment { own: caller.environment, asked });
            }
            None => {}
        }
        Ok(caller)
    }

    async fn find_caller(&self, secret: &TokenSecret) -> Result<Caller, SignInError> {
        let digest = secret.digest();
        let now = self.0.settings.clock.now();
        let generation = self.generation().await?;
        if let Some((caller, expires_at)) = self.0.views.caller(digest, generation) {
            return match expires_at {
                Some(end) if end <= now => Err(SignInError::UnknownToken),
                _ => Ok((*caller).clone()),
            };
        }
        let mut db = self.0.store.read().await?;
        let Some(row) = db.find_active_token(digest, now).await? else {
            return Err(SignInError::UnknownToken);
        };
        let expires_at = row.expires_at;
        let Some(caller) = self.caller_of_token(&mut db, row).await? else {
            return Err(SignInError::UnknownToken);
        };
        self.0.views.keep_caller(digest, generation, &caller, expires_at);
        Ok(caller)
    }

    /// Who a token acts for. A personal token is worth what its account holds now; of a disabled account, or
    /// in a role or an environment that was taken back, it is worth nothing.
    pub(crate) async fn caller_of_token(
        &self,
        db: &mut Queries,
        row: TokenRow,
    ) -> Result<Option<Caller>, StoreError> {
        if let Some(account) = &row.account_id {
            return self.caller_of_account(db, &account.clone(), Some(row)).await;
        }
        Ok(Some(Caller {
            name: row.service.unwrap_or(row.name),
            token_id: Some(row.id),
            role: row.role,
            environment: row.environment,
            entitled_to: row.entitled_to,
            holder: None,
        }))
    }

    /// Who an account is: with all that it holds, or with as much as one of its tokens may use.
    pub(crate) async fn caller_of_account(
        &self,
        db: &mut Queries,
        account_id: &str,
        token: Option<TokenRow>,
    ) -> Result<Option<Caller>, StoreError> {
        let account = db.find_account_by_id(account_id).await?;
        let Some(account) = account.filter(|account| account.disabled_at.is_none()) else {
            return Ok(None);
        };
        let rows = db.list_grants(&account.id).await?;
        let mut grants: Vec<_> = rows.into_iter().map(|row| row.grant).collect();
        if let Some(token) = &token {
            grants.retain(|grant| grant.role == token.role);
            if !grants.iter().any(|grant| grant.holds_in(&token.environment)) {
                return Ok(None);
            }
        }
        let (role, environment) = token.as_ref().map_or_else(
            || self.usual_part(&grants),
            |token| (token.role, token.environment.clone()),
        );
        let entitling =
            grants.iter().filter(|grant| grant.includes_gated && grant.holds_in(&environment));
        Ok(Some(Caller {
            name: account.name.to_string(),
            token_id: token.map(|token| token.id),
            role,
            entitled_to: entitling.map(|grant| grant.pattern.clone()).collect(),
            environment,
            holder: Some(Holder { account_id: account.id, grants }),
        }))
    }

    /// What an account does when nothing says in which of its roles: the widest, in the usual environment or
    /// the first in which it holds one.
    fn usual_part(&self, grants: &[Grant]) -> (Role, Environment) {
        let held = |role: &Role| grants.iter().any(|grant| grant.role == *role);
        let role = Role::ALL.into_iter().rev().find(held).unwrap_or(Role::Reader);
        let settings = &self.0.settings;
        let usual = &settings.default_environment;
        let known = settings.environments.iter().map(|known| &known.name);
        let mut known = std::iter::once(usual).chain(known);
        let at_home = known.find(|name| grants.iter().any(|grant| grant.holds_in(name)));
        (role, at_home.unwrap_or(usual).clone())
    }

    /// Notes that a token is in use, every few minutes, beside the answer.
    fn note_used(&self, caller: &Caller) {
        let Some(id) = &caller.token_id else { return };
        let now = self.0.settings.clock.now();
        let last = self.0.token_uses.get(id);
        if last.is_some_and(|last| last.until(now) < USED_EVERY) {
            return;
        }
        self.0.token_uses.insert(id.clone(), now);
        let (store, id) = (self.0.store.clone(), id.clone());
        tokio::spawn(async move {
            if let Err(error) = store.note_token_used(&id, now).await {
                tracing::debug!(%error, "when a token was used could not be noted");
            }
        });
    }
}
