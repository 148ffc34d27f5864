//! Who changes the policy: it is everybody's, so a role for one namespace does not reach that far.

use axum::extract::FromRequestParts;
use http::request::Parts;
use weighbridge_domain::{Caller, Role};

use super::{in_role, signed_in};
use crate::ServerState;
use crate::problem::Problem;

/// Somebody who proposes and confirms changes of the policy: an administrator or a security-reviewer.
pub(crate) struct PolicyKeeper(pub(crate) Caller);

impl FromRequestParts<ServerState> for PolicyKeeper {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<PolicyKeeper, Problem> {
        policy_keeper(&signed_in(parts, state).await?).map(PolicyKeeper)
    }
}

/// The caller in a role that changes the policy, held for everything.
pub(crate) fn policy_keeper(caller: &Caller) -> Result<Caller, Problem> {
    let keeper = in_role(
        caller,
        Role::changes_policy,
        "may-not-change-policy",
        "; this takes the token of an administrator or a security-reviewer",
    )?;
    keeper.acting_everywhere(Role::changes_policy).ok_or_else(|| {
        let detail =
            format!("`{}` holds that role for a part only, not for everything", caller.name);
        Problem::forbidden("may-not-change-policy", detail)
    })
}
