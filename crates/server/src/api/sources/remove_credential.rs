//! `DELETE /api/v1/sources/{name}/credentials?pattern=`: forgets a credential for upstream.

use axum::extract::State;
use http::StatusCode;

use super::{PatternQuery, SourcePath};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Path, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Forget the credential for some repositories of a source
#[utoipa::path(delete, path = "/sources/{name}/credentials", tag = "sources",
    params(SourcePath, PatternQuery), responses(
    (status = 204),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn remove_credential(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<SourcePath>,
    Query(query): Query<PatternQuery>,
) -> Result<StatusCode, Problem> {
    let pattern = parsed("pattern", &query.pattern)?;
    state.engine.remove_source_credential(&caller, &path.name()?, pattern).await?;
    Ok(StatusCode::NO_CONTENT)
}
