//! People: accounts, what they are granted, and what a password has to be.

mod grant;
mod name;
mod password;

pub use grant::{BadGrant, Grant, OutOfReach};
pub use name::{AccountName, BadAccountName};
pub use password::{BadPassword, Password};
