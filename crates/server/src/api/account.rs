//! One's own account: its tokens, its sessions, its password.

pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod show;
pub(crate) mod tokens;

use weighbridge_engine::OwnTokenError;

use crate::problem::Problem;

pub use password::ChangePassword;
pub use sessions::{EndedSessions, SessionView};
pub use tokens::CreateOwnToken;

impl From<OwnTokenError> for Problem {
    fn from(error: OwnTokenError) -> Problem {
        let list = "`weighbridge token list --mine` shows them";
        match error {
            OwnTokenError::BadLabel => Problem::bad_request("bad-name", error),
            OwnTokenError::NotYourRole { .. } | OwnTokenError::NotThere { .. } => {
                Problem::forbidden("not-your-role", error)
                    .hint("an administrator grants it with `weighbridge account grant`")
            }
            OwnTokenError::WhichRole { .. } => Problem::bad_request("which-role", error)
                .hint("`weighbridge token create NAME --mine --role ROLE`"),
            OwnTokenError::BadExpiry { .. } => Problem::bad_request("bad-expiry", error),
            OwnTokenError::Taken(_) => Problem::conflict("token-exists", error)
                .hint("choose another name, or revoke that token first"),
            OwnTokenError::NoSuchToken(_) => Problem::not_found("no-such-token", error).hint(list),
            OwnTokenError::Store(error) => Problem::internal(error),
        }
    }
}
