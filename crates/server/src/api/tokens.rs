//! Access tokens: shown once, kept as a digest.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::{TokenError, TokenRow};

use crate::problem::Problem;

pub use create::{CreateToken, CreatedToken};

/// What is known of a token; never the token.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub name: String,
    /// `reader`, `developer`, `security-reviewer`, `compliance-reviewer`, `approver`, `auditor` or `admin`.
    pub role: String,
    /// The environment its holder pulls for.
    pub environment: String,
    /// Gated and private repositories its holder may have.
    pub entitled_to: Vec<String>,
    /// When it was made.
    pub created_at: String,
    /// When it ends, if ever.
    pub expires_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
    /// The service it acts for, when it does.
    pub service: Option<String>,
    /// Whether it acts for an account: then its name is the account's, a slash, and a label.
    pub is_personal: bool,
    /// When it was last used, to some minutes.
    pub last_used_at: Option<String>,
}

impl From<TokenRow> for TokenView {
    fn from(row: TokenRow) -> TokenView {
        TokenView {
            id: row.id,
            name: row.name,
            role: row.role.to_string(),
            environment: row.environment.to_string(),
            entitled_to: row.entitled_to.iter().map(ToString::to_string).collect(),
            created_at: row.created_at.to_string(),
            expires_at: row.expires_at.map(|moment| moment.to_string()),
            revoked_at: row.revoked_at.map(|moment| moment.to_string()),
            service: row.service,
            is_personal: row.account_id.is_some(),
            last_used_at: row.last_used_at.map(|moment| moment.to_string()),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Problem {
        match error {
            TokenError::BadName => Problem::bad_request("bad-name", error),
            TokenError::Taken(_) => Problem::conflict("token-exists", error)
                .hint("choose another name, or revoke that token first"),
            TokenError::NotForServices(_) => Problem::bad_request("not-for-services", error),
            TokenError::AccountHasName(_) => Problem::conflict("account-exists", error)
                .hint("choose another name; the account's owner makes tokens of their own"),
            TokenError::NoSuchEnvironment(_) => Problem::bad_request("no-such-environment", error),
            TokenError::Expired(_) => Problem::bad_request("already-expired", error),
            TokenError::NoSuchToken(_) => Problem::not_found("no-such-token", error)
                .hint("`weighbridge token list` shows the tokens there are"),
            TokenError::Store(error) => Problem::internal(error),
        }
    }
}
