//! `DELETE /api/v1/policy/versions/{id}`: takes a proposal back, or refuses it.

use axum::extract::State;

use super::{PolicyVersionView, VersionPath};
use crate::ServerState;
use crate::allowed::PolicyKeeper;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Take a proposed policy back, or refuse it
#[utoipa::path(delete, path = "/policy/versions/{id}", tag = "policy", params(VersionPath),
    responses(
    (status = 200, body = PolicyVersionView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn withdraw_policy(
    State(state): State<ServerState>,
    PolicyKeeper(caller): PolicyKeeper,
    Path(path): Path<VersionPath>,
) -> Result<Json<PolicyVersionView>, Problem> {
    let row = state.engine.withdraw_policy(&caller, path.id).await?;
    Ok(Json(row.into()))
}
