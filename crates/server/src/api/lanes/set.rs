//! `PUT /api/v1/lanes`: changes the decision table.

use axum::extract::State;

use super::{LaneTableView, LanesView};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json};
use crate::problem::{Problem, ProblemView};

/// Change the decision table; requests that are open keep the one they were made under
#[utoipa::path(put, path = "/lanes", tag = "requests", request_body = LaneTableView, responses(
    (status = 200, body = LanesView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn set_lanes(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Body(body): Body<LaneTableView>,
) -> Result<Json<LanesView>, Problem> {
    Ok(Json(state.engine.set_lanes(&caller, Some(body.table()?)).await?.into()))
}
