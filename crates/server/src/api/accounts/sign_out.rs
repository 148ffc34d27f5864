//! `DELETE /api/v1/accounts/{name}/sessions`: an administrator ends somebody's sessions.

use axum::extract::State;

use super::AccountPath;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::account::EndedSessions;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// End all sessions of an account
#[utoipa::path(delete, path = "/accounts/{name}/sessions", tag = "accounts", params(AccountPath),
    responses(
    (status = 200, body = EndedSessions),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn sign_out(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<AccountPath>,
) -> Result<Json<EndedSessions>, Problem> {
    let ended = state.engine.end_sessions(&caller.name, &path.name).await?;
    Ok(Json(EndedSessions { ended }))
}
