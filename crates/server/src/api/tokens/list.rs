//! `GET /api/v1/tokens`: every token ever made, the oldest first.

use axum::extract::State;

use super::TokenView;
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::{Json, Page};
use crate::problem::{Problem, ProblemView};

/// List the tokens, the revoked ones too
#[utoipa::path(get, path = "/tokens", tag = "tokens", responses(
    (status = 200, body = Page<TokenView>),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_tokens(
    State(state): State<ServerState>,
    _auditor: Auditor,
) -> Result<Json<Page<TokenView>>, Problem> {
    let tokens = state.engine.list_tokens().await.map_err(Problem::internal)?;
    Ok(Json(Page::whole(tokens.into_iter().map(TokenView::from).collect())))
}
