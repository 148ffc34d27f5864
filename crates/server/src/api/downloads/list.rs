//! `GET /api/v1/downloads`: who was served what, the newest first.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use weighbridge_domain::Artifact;

use super::DownloadView;
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::{Json, Page, Paging, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Which downloads.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DownloadQuery {
    /// Only those of this artifact.
    artifact: Option<String>,
}

/// List who was served what, the newest first
#[utoipa::path(get, path = "/downloads", tag = "downloads", params(DownloadQuery, Paging), responses(
    (status = 200, body = Page<DownloadView>),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_downloads(
    State(state): State<ServerState>,
    _auditor: Auditor,
    Query(query): Query<DownloadQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<DownloadView>>, Problem> {
    let limit = paging.limit()?;
    let artifact = query.artifact.as_deref().map(|text| parsed::<Artifact>("artifact", text));
    let found = state
        .engine
        .list_downloads(
            artifact.transpose()?.as_ref(),
            paging.after.as_deref(),
            limit.saturating_add(1),
        )
        .await
        .map_err(Problem::internal)?;
    let key = |report: &weighbridge_engine::DownloadReport| report.download.id.clone();
    Ok(Json(Page::of(found, limit, key, DownloadView::from)))
}
