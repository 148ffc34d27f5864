//! `GET /api/v1/recalls`: what was recalled, the newest first.

use axum::extract::State;

use super::RecallView;
use crate::ServerState;
use crate::allowed::Investigator;
use crate::api::extract::{Json, Page, Paging, Query};
use crate::problem::{Problem, ProblemView};

/// List what was recalled, the newest first, as far as one's roles reach
#[utoipa::path(get, path = "/recalls", tag = "recalls", params(Paging), responses(
    (status = 200, body = Page<RecallView>),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_recalls(
    State(state): State<ServerState>,
    Investigator(caller): Investigator,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<RecallView>>, Problem> {
    let limit = paging.limit()?;
    let found = state
        .engine
        .list_recalls(&caller, paging.after.as_deref(), limit.saturating_add(1))
        .await
        .map_err(Problem::internal)?;
    let key = |row: &weighbridge_engine::RecallRow| row.id.clone();
    Ok(Json(Page::of(found, limit, key, RecallView::from)))
}
