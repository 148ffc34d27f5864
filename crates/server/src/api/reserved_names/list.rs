//! `GET /api/v1/reserved-names`: the names that are ours.

use axum::extract::State;

use super::ReservedNameView;
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::{Json, Page};
use crate::problem::{Problem, ProblemView};

/// List the reserved names
#[utoipa::path(get, path = "/reserved-names", tag = "reserved names", responses(
    (status = 200, body = Page<ReservedNameView>),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_reserved_names(
    State(state): State<ServerState>,
    _auditor: Auditor,
) -> Result<Json<Page<ReservedNameView>>, Problem> {
    let names = state.engine.list_reserved_names().await.map_err(Problem::internal)?;
    Ok(Json(Page::whole(names.into_iter().map(ReservedNameView::from).collect())))
}
