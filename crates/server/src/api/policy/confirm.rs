//! `POST /api/v1/policy/versions/{id}/confirmation`: a second person makes a proposal the policy.

use axum::extract::State;

use super::{PolicyVersionView, VersionPath};
use crate::ServerState;
use crate::allowed::PolicyKeeper;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Confirm a proposed policy: decisions are made by it from now on
#[utoipa::path(post, path = "/policy/versions/{id}/confirmation", tag = "policy",
    params(VersionPath), responses(
    (status = 200, body = PolicyVersionView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn confirm_policy(
    State(state): State<ServerState>,
    PolicyKeeper(caller): PolicyKeeper,
    Path(path): Path<VersionPath>,
) -> Result<Json<PolicyVersionView>, Problem> {
    let row = state.engine.confirm_policy(&caller, path.id).await?;
    Ok(Json(row.into()))
}
