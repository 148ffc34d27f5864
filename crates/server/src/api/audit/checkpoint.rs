//! `GET /api/v1/audit/checkpoint`: the signed root of the ledger as it stands.

use axum::extract::State;

use super::CheckpointView;
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::Json;
use crate::problem::{Problem, ProblemView};

/// Show the signed root of the ledger as it stands
#[utoipa::path(get, path = "/audit/checkpoint", tag = "audit", responses(
    (status = 200, body = CheckpointView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn show_checkpoint(
    State(state): State<ServerState>,
    _auditor: Auditor,
) -> Result<Json<CheckpointView>, Problem> {
    let row = state.engine.published_checkpoint().await.map_err(Problem::internal)?;
    Ok(Json(CheckpointView::of(row, state.engine.log_key())))
}
