//! `DELETE /api/v1/lanes`: the shipped decision table is in force again.

use axum::extract::State;

use super::LanesView;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::Json;
use crate::problem::{Problem, ProblemView};

/// Put the shipped decision table back in force
#[utoipa::path(delete, path = "/lanes", tag = "requests", responses(
    (status = 200, body = LanesView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn reset_lanes(
    State(state): State<ServerState>,
    Admin(caller): Admin,
) -> Result<Json<LanesView>, Problem> {
    Ok(Json(state.engine.set_lanes(&caller, None).await?.into()))
}
