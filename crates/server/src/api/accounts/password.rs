//! `PUT /api/v1/accounts/{name}/password`: an administrator sets somebody's password.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AccountPath, AccountView};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, Path};
use crate::problem::{Problem, ProblemView};

/// A password to set.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// 12 to 256 characters of any kind.
    #[schema(format = Password)]
    pub password: String,
}

/// Set the password of an account; its sessions end
#[utoipa::path(put, path = "/accounts/{name}/password", tag = "accounts", params(AccountPath),
    request_body = SetPassword, responses(
    (status = 200, body = AccountView),
    (status = 400, body = ProblemView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn set_password(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<AccountPath>,
    Body(body): Body<SetPassword>,
) -> Result<Json<AccountView>, Problem> {
    Ok(Json(state.engine.set_password(&caller, &path.name, &body.password).await?.into()))
}
