//! `GET /api/v1/trusted-keys`: the keys that are trusted now.

use axum::extract::State;

use super::TrustedKeyView;
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::{Json, Page};
use crate::problem::{Problem, ProblemView};

/// List the keys of others that are trusted now
#[utoipa::path(get, path = "/trusted-keys", tag = "attestations", responses(
    (status = 200, body = Page<TrustedKeyView>),
    (status = 401, body = ProblemView),
))]
pub(crate) async fn list_trusted_keys(
    State(state): State<ServerState>,
    _reader: Reader,
) -> Result<Json<Page<TrustedKeyView>>, Problem> {
    let rows = state.engine.list_trusted_keys().await.map_err(Problem::internal)?;
    Ok(Json(Page::whole(rows.into_iter().map(TrustedKeyView::from).collect())))
}
