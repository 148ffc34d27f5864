//! `DELETE /api/v1/reserved-names?pattern=`: gives names up.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Which names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReleaseQuery {
    /// The pattern, as it was reserved.
    pattern: String,
}

/// Give reserved names up
#[utoipa::path(delete, path = "/reserved-names", tag = "reserved names", params(ReleaseQuery),
    responses(
    (status = 204),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn release_name(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Query(query): Query<ReleaseQuery>,
) -> Result<StatusCode, Problem> {
    let pattern = parsed("pattern", &query.pattern)?;
    state.engine.unreserve_name(&caller, pattern).await?;
    Ok(StatusCode::NO_CONTENT)
}
