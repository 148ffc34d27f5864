//! `DELETE /api/v1/sources/{name}/patterns?pattern=`: gives repositories the tier of their source.

use axum::extract::State;
use http::StatusCode;

use super::{PatternQuery, SourcePath};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Path, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Take away the tier of their own that some repositories have
#[utoipa::path(delete, path = "/sources/{name}/patterns", tag = "sources",
    params(SourcePath, PatternQuery), responses(
    (status = 204),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn remove_pattern(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<SourcePath>,
    Query(query): Query<PatternQuery>,
) -> Result<StatusCode, Problem> {
    let pattern = parsed("pattern", &query.pattern)?;
    state.engine.remove_source_pattern(&caller, &path.name()?, pattern).await?;
    Ok(StatusCode::NO_CONTENT)
}
