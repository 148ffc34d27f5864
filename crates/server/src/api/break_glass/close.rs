//! `POST /api/v1/break-glass/{id}/review`: somebody else has looked at what came through.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BreakGlassPath, BreakGlassView};
use crate::ServerState;
use crate::allowed::Answerable;
use crate::api::extract::{Body, Json, Path};
use crate::problem::{Problem, ProblemView};

/// What was found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseBreakGlass {
    /// What came through, and what follows from it.
    pub review: String,
}

/// Close a break-glass that somebody else opened, with a review; it lifts nothing any more
#[utoipa::path(post, path = "/break-glass/{id}/review", tag = "break-glass",
    params(BreakGlassPath), request_body = CloseBreakGlass, responses(
    (status = 200, body = BreakGlassView),
    (status = 403, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn close_break_glass(
    State(state): State<ServerState>,
    Answerable(caller): Answerable,
    Path(path): Path<BreakGlassPath>,
    Body(body): Body<CloseBreakGlass>,
) -> Result<Json<BreakGlassView>, Problem> {
    let row = state.engine.close_break_glass(&caller, &path.id, &body.review).await?;
    Ok(Json(BreakGlassView::of(row, state.engine.settings().clock.now())))
}
