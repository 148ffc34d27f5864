//! `POST /api/v1/requests/{id}/assignment`: gives the part of a role to one person of it.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{RequestPath, RequestView};
use crate::ServerState;
use crate::allowed::Answerable;
use crate::api::extract::{Body, Json, Path, parsed};
use crate::problem::{Problem, ProblemView};

/// Whose part it is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignRequest {
    /// The part.
    #[schema(example = "security-reviewer")]
    pub role: String,
    /// Whose.
    pub to: String,
    /// Why.
    pub because: String,
}

/// Give the part of a role to one person of it
#[utoipa::path(post, path = "/requests/{id}/assignment", tag = "requests", params(RequestPath),
    request_body = AssignRequest, responses(
    (status = 200, body = RequestView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn reassign_request(
    State(state): State<ServerState>,
    Answerable(caller): Answerable,
    Path(path): Path<RequestPath>,
    Body(body): Body<AssignRequest>,
) -> Result<Json<RequestView>, Problem> {
    let role = parsed("role", &body.role)?;
    let done =
        state.engine.reassign_request(&caller, &path.id, role, &body.to, &body.because).await?;
    Ok(Json(done.into()))
}
