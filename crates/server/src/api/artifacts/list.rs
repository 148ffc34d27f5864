//! `GET /api/v1/artifacts`: what came in, by name. Gated artifacts are listed for those entitled.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use weighbridge_domain::{Artifact, ArtifactKind};
use weighbridge_engine::{ArtifactPage, ArtifactRow};

use super::ArtifactView;
use crate::ServerState;
use crate::allowed::{Reader, may_know};
use crate::api::extract::{Json, Page, Paging, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Which artifacts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ArtifactQuery {
    /// Only `model` or `dataset`.
    kind: Option<String>,
    /// Only names with this in them.
    containing: Option<String>,
}

/// List what came in, by name
#[utoipa::path(get, path = "/artifacts", tag = "artifacts", params(ArtifactQuery, Paging), responses(
    (status = 200, body = Page<ArtifactView>),
    (status = 401, body = ProblemView),
))]
pub(crate) async fn list_artifacts(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Query(query): Query<ArtifactQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ArtifactView>>, Problem> {
    let limit = paging.limit()?;
    let after =
        paging.after.as_deref().map(|text| parsed::<Artifact>("after", text)).transpose()?;
    let kind =
        query.kind.as_deref().map(|text| parsed::<ArtifactKind>("kind", text)).transpose()?;
    let page = ArtifactPage {
        kind,
        containing: query.containing.as_deref(),
        after: after.as_ref(),
        limit: limit.saturating_add(1),
    };
    let found = state.engine.list_artifacts(&page).await.map_err(Problem::internal)?;
    let known = |row: &ArtifactRow| may_know(&caller, &row.artifact, row.restricted);
    // The page is cut before gated names are left out: its end must not depend on who asks.
    let page = Page::of(found, limit, |row| row.artifact.to_string(), |row| row);
    let items = page.items.into_iter().filter(known).map(ArtifactView::from).collect();
    Ok(Json(Page { items, next: page.next }))
}
