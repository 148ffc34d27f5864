//! `GET /api/v1/waivers`: every waiver there ever was, the newest first.

use axum::extract::State;
use weighbridge_engine::WaiverRow;

use super::WaiverView;
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::{Json, Page, Paging, Query};
use crate::problem::{Problem, ProblemView};

/// List every waiver there ever was, the newest first
#[utoipa::path(get, path = "/waivers", tag = "waivers", params(Paging), responses(
    (status = 200, body = Page<WaiverView>),
    (status = 401, body = ProblemView),
))]
pub(crate) async fn list_waivers(
    State(state): State<ServerState>,
    _reader: Reader,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<WaiverView>>, Problem> {
    let limit = paging.limit()?;
    let found = state
        .engine
        .list_waivers(paging.after.as_deref(), limit.saturating_add(1))
        .await
        .map_err(Problem::internal)?;
    Ok(Json(Page::of(found, limit, |row: &WaiverRow| row.id.clone(), WaiverView::from)))
}
