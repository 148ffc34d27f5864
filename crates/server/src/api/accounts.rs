//! Accounts: people, and what they are granted.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod grant;
pub(crate) mod list;
pub(crate) mod password;
pub(crate) mod revoke;
pub(crate) mod show;
pub(crate) mod sign_out;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use weighbridge_domain::OutOfReach;
use weighbridge_engine::{AccountError, AccountReport, GrantRow};

use crate::problem::Problem;

pub use add::AddAccount;
pub use change::ChangeAccount;
pub use grant::GrantRole;
pub use password::SetPassword;

/// An account and what it is granted; never its password.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    /// Who it is in the ledger.
    pub name: String,
    /// What people call them.
    pub display_name: String,
    /// What it may do, and where.
    pub grants: Vec<GrantView>,
    /// When it was made.
    pub created_at: String,
    /// When its password was set; absent, while it cannot sign in.
    pub password_changed_at: Option<String>,
    /// Since when it opens nothing.
    pub disabled_at: Option<String>,
}

/// One role, for the artifacts of a pattern, in one environment or in all.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GrantView {
    /// Its id.
    pub id: String,
    /// The role.
    pub role: String,
    /// For which artifacts; `**` is all of them.
    pub pattern: String,
    /// In which environment; absent, when in all.
    pub environment: Option<String>,
    /// Gated and private repositories of the pattern are meant too.
    pub includes_gated: bool,
    /// By whom.
    pub granted_by: String,
    /// When.
    pub granted_at: String,
}

/// Which account.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct AccountPath {
    /// Its name.
    name: String,
}

impl From<AccountReport> for AccountView {
    fn from(report: AccountReport) -> AccountView {
        let AccountReport { account, grants } = report;
        AccountView {
            name: account.name.to_string(),
            display_name: account.display_name,
            grants: grants.into_iter().map(GrantView::from).collect(),
            created_at: account.created_at.to_string(),
            password_changed_at: account.password_changed_at.map(|moment| moment.to_string()),
            disabled_at: account.disabled_at.map(|moment| moment.to_string()),
        }
    }
}

impl From<GrantRow> for GrantView {
    fn from(row: GrantRow) -> GrantView {
        GrantView {
            id: row.id,
            role: row.grant.role.to_string(),
            pattern: row.grant.pattern.to_string(),
            environment: row.grant.environment.map(|environment| environment.to_string()),
            includes_gated: row.grant.includes_gated,
            granted_by: row.granted_by,
            granted_at: row.granted_at.to_string(),
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Problem {
        match error {
            AccountError::BadName(_) => Problem::bad_request("bad-name", error),
            AccountError::BadDisplayName => Problem::bad_request("bad-display-name", error),
            AccountError::Taken(_) => Problem::conflict("account-exists", error)
                .hint("a name is never given to somebody else; `weighbridge account enable` opens it again"),
            AccountError::TokenHasName(_) => Problem::conflict("token-exists", error)
                .hint("revoke that token, or choose another name"),
            AccountError::NoSuchAccount(_) => Problem::not_found("no-such-account", error)
                .hint("`weighbridge account list` shows those there are"),
            AccountError::NoSuchEnvironment(_) => Problem::not_found("no-such-environment", error),
            AccountError::BadGrant(_) => Problem::bad_request("bad-grant", error),
            AccountError::Granted { .. } => Problem::conflict("granted-already", error),
            AccountError::NoSuchGrant { .. } => Problem::not_found("no-such-grant", error)
                .hint("`weighbridge account show` lists them"),
            AccountError::Own => Problem::forbidden("own-account", error),
            AccountError::BadPassword(_) => Problem::bad_request("bad-password", error),
            AccountError::Busy => {
                Problem::new(http::StatusCode::SERVICE_UNAVAILABLE, "busy", error)
            }
            AccountError::Store(error) => Problem::internal(error),
        }
    }
}

impl From<OutOfReach> for Problem {
    fn from(error: OutOfReach) -> Problem {
        tracing::info!(%error, "an operation was refused");
        let hint =
            format!("an administrator grants it with `weighbridge account grant {}`", error.name);
        Problem::forbidden("out-of-reach", error).hint(hint)
    }
}
