//! Who a token belongs to, and which environment its holder pulls for.

use weighbridge_domain::{Caller, Environment, TokenSecret};

use crate::Engine;

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
        match asked {
            Some(asked) if asked == caller.environment => {}
            Some(asked) if caller.role == weighbridge_domain::Role::Admin => {
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
        let caller = Caller {
            name: row.name,
            token_id: Some(row.id),
            role: row.role,
            environment: row.environment,
            entitled_to: row.entitled_to,
        };
        self.0.views.keep_caller(digest, generation, &caller, row.expires_at);
        Ok(caller)
    }
}
