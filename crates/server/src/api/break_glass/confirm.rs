//! `POST /api/v1/break-glass/{id}/confirmation`: the second person says yes.

use axum::extract::State;

use super::{BreakGlassPath, BreakGlassView};
use crate::ServerState;
use crate::allowed::Answerable;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Confirm a break-glass that somebody else opened; from then on it lifts rules
#[utoipa::path(post, path = "/break-glass/{id}/confirmation", tag = "break-glass",
    params(BreakGlassPath), responses(
    (status = 200, body = BreakGlassView),
    (status = 403, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn confirm_break_glass(
    State(state): State<ServerState>,
    Answerable(caller): Answerable,
    Path(path): Path<BreakGlassPath>,
) -> Result<Json<BreakGlassView>, Problem> {
    let row = state.engine.confirm_break_glass(&caller, &path.id).await?;
    Ok(Json(BreakGlassView::of(row, state.engine.settings().clock.now())))
}
