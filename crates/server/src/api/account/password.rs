//! `PUT /api/v1/account/password`: changes one's own password.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::Caller;

use crate::ServerState;
use crate::allowed::PasswordHolder;
use crate::api::extract::Body;
use crate::problem::{Problem, ProblemView};

/// A new password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// 12 to 256 characters of any kind.
    #[schema(format = Password)]
    pub password: String,
}

/// Change one's own password; this takes name and present password, and ends every session
#[utoipa::path(put, path = "/account/password", tag = "account", request_body = ChangePassword,
    security(("password" = [])), responses(
    (status = 204),
    (status = 400, body = ProblemView),
    (status = 401, body = ProblemView),
))]
pub(crate) async fn change_own_password(
    State(state): State<ServerState>,
    PasswordHolder(account): PasswordHolder,
    Body(body): Body<ChangePassword>,
) -> Result<StatusCode, Problem> {
    let mut owner = Caller::anonymous(state.engine.settings().default_environment.clone());
    account.name.as_str().clone_into(&mut owner.name);
    state.engine.set_password(&owner, account.name.as_str(), &body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
