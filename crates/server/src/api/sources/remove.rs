//! `DELETE /api/v1/sources/{name}`: removes a source. What came from it is refused from now on.

use axum::extract::State;
use http::StatusCode;

use super::SourcePath;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::Path;
use crate::problem::{Problem, ProblemView};

/// Remove a source; what came from it stays on record and is refused
#[utoipa::path(delete, path = "/sources/{name}", tag = "sources", params(SourcePath), responses(
    (status = 204),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn remove_source(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<SourcePath>,
) -> Result<StatusCode, Problem> {
    state.engine.remove_source(&caller, &path.name()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
