//! `GET /api/v1/break-glass`: every break-glass there ever was, the newest first.

use axum::extract::State;
use weighbridge_engine::BreakGlassRow;

use super::BreakGlassView;
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::{Json, Page, Paging, Query};
use crate::problem::{Problem, ProblemView};

/// List every break-glass there ever was, the newest first
#[utoipa::path(get, path = "/break-glass", tag = "break-glass", params(Paging), responses(
    (status = 200, body = Page<BreakGlassView>),
    (status = 401, body = ProblemView),
))]
pub(crate) async fn list_break_glass(
    State(state): State<ServerState>,
    _reader: Reader,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<BreakGlassView>>, Problem> {
    let limit = paging.limit()?;
    let found = state
        .engine
        .list_break_glass(paging.after.as_deref(), limit.saturating_add(1))
        .await
        .map_err(Problem::internal)?;
    let now = state.engine.settings().clock.now();
    let key = |row: &BreakGlassRow| row.id.clone();
    Ok(Json(Page::of(found, limit, key, |row| BreakGlassView::of(row, now))))
}
