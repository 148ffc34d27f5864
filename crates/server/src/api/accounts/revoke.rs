//! `DELETE /api/v1/accounts/{name}/grants/{id}`: takes a role back.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::AccountView;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Which grant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct GrantPath {
    /// Whose.
    name: String,
    /// Its id.
    id: String,
}

/// Take a role back, from this moment on
#[utoipa::path(delete, path = "/accounts/{name}/grants/{id}", tag = "accounts", params(GrantPath),
    responses(
    (status = 200, body = AccountView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn revoke_role(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<GrantPath>,
) -> Result<Json<AccountView>, Problem> {
    Ok(Json(state.engine.revoke_role(&caller, &path.name, &path.id).await?.into()))
}
