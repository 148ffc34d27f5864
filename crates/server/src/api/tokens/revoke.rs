//! `DELETE /api/v1/tokens/{token}`: revokes a token, by name or id.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::TokenView;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Which token.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct TokenPath {
    /// Its name or its id.
    pub(crate) token: String,
}

/// Revoke a token: it is unknown from now on
#[utoipa::path(delete, path = "/tokens/{token}", tag = "tokens", params(TokenPath), responses(
    (status = 200, body = TokenView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn revoke_token(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<TokenPath>,
) -> Result<Json<TokenView>, Problem> {
    let row = state.engine.revoke_token(&caller, &path.token).await?;
    Ok(Json(TokenView::from(row)))
}
