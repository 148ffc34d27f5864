//! People: accounts, what they are granted, how they sign in, their sessions and tokens.

pub(crate) mod grants;
pub(crate) mod manage;
pub(crate) mod password_sign_in;
pub(crate) mod passwords;
pub(crate) mod sessions;
pub(crate) mod tokens;

use weighbridge_domain::{BadAccountName, BadGrant, BadPassword, Environment};
use weighbridge_store::{AccountRow, GrantRow, StoreError};

pub use grants::NewGrant;
pub use manage::NewAccount;
pub use password_sign_in::PasswordError;
pub use passwords::PasswordCost;
pub use sessions::{Opener, Session};
pub use tokens::{NewPersonalToken, NewServiceToken, OwnTokenError};

/// An account and what it is granted.
#[derive(Clone, Debug)]
pub struct AccountReport {
    /// The account.
    pub account: AccountRow,
    /// What it is granted now.
    pub grants: Vec<GrantRow>,
}

/// Why an account is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name cannot be one.
    #[error(transparent)]
    BadName(#[from] BadAccountName),
    /// What people call them.
    #[error("a display name has 1 to 100 visible characters")]
    BadDisplayName,
    /// There is one of that name, or there was.
    #[error("there is an account `{0}` already")]
    Taken(String),
    /// A token or service of that name would be the same person in the ledger.
    #[error("there is an active token `{0}`: what both do would stand under one name")]
    TokenHasName(String),
    /// There is no such account.
    #[error("there is no account `{0}`")]
    NoSuchAccount(String),
    /// There is no such environment.
    #[error("there is no environment `{0}` here")]
    NoSuchEnvironment(Environment),
    /// The grant says more than it does.
    #[error(transparent)]
    BadGrant(#[from] BadGrant),
    /// It is granted already.
    #[error("`{name}` holds this already: grant {grant}")]
    Granted {
        /// Who.
        name: String,
        /// The grant that says so.
        grant: String,
    },
    /// There is no such grant.
    #[error("`{name}` has no grant `{grant}`")]
    NoSuchGrant {
        /// Who.
        name: String,
        /// Which grant.
        grant: String,
    },
    /// Nobody gives themselves a role.
    #[error("nobody grants anything to their own account: another administrator has to")]
    Own,
    /// The password cannot be one.
    #[error(transparent)]
    BadPassword(#[from] BadPassword),
    /// Too many passwords are being checked.
    #[error("too many passwords are being checked at this moment; try again in some seconds")]
    Busy,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
