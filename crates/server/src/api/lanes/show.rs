//! `GET /api/v1/lanes`: the decision table in force.

use axum::extract::State;

use super::LanesView;
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::Json;
use crate::problem::{Problem, ProblemView};

/// Show the decision table in force
#[utoipa::path(get, path = "/lanes", tag = "requests", responses(
    (status = 200, body = LanesView),
    (status = 401, body = ProblemView),
))]
pub(crate) async fn show_lanes(
    State(state): State<ServerState>,
    _reader: Reader,
) -> Result<Json<LanesView>, Problem> {
    Ok(Json(state.engine.show_lanes().await.map_err(Problem::internal)?.into()))
}
