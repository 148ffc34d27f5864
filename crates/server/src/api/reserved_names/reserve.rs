//! `POST /api/v1/reserved-names`: reserves names.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, parsed};
use crate::problem::{Problem, ProblemView};

/// Names to reserve.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveName {
    /// Which: `acme/*`.
    #[schema(example = "acme/*")]
    pub pattern: String,
    /// Why they are ours: people read it when they are refused.
    #[schema(example = "our own models")]
    pub reason: String,
}

/// Reserve names, so that they never come from a source
#[utoipa::path(post, path = "/reserved-names", tag = "reserved names", request_body = ReserveName,
    responses(
    (status = 204),
    (status = 400, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn reserve_name(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Body(body): Body<ReserveName>,
) -> Result<StatusCode, Problem> {
    let pattern = parsed("pattern", &body.pattern)?;
    state.engine.reserve_name(&caller, pattern, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
