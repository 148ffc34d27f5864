//! `GET /api/v1/sources`: the sources, in the order in which they are asked.

use axum::extract::State;

use super::SourceView;
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::{Json, Page};
use crate::problem::{Problem, ProblemView};

/// List the sources in the order in which they are asked
#[utoipa::path(get, path = "/sources", tag = "sources", responses(
    (status = 200, body = Page<SourceView>),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_sources(
    State(state): State<ServerState>,
    _auditor: Auditor,
) -> Result<Json<Page<SourceView>>, Problem> {
    let sources = state.engine.list_sources().await.map_err(Problem::internal)?;
    Ok(Json(Page::whole(sources.into_iter().map(SourceView::from).collect())))
}
