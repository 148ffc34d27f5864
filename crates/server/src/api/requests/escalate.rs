//! `POST /api/v1/requests/{id}/escalation`: tells those above that nobody answers.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{RequestPath, RequestView};
use crate::ServerState;
use crate::allowed::Asker;
use crate::api::extract::{Body, Json, Path, parsed};
use crate::problem::{Problem, ProblemView};

/// What is escalated.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalateRequest {
    /// The part; the one that comes next, when it is left out.
    #[serde(default)]
    pub role: Option<String>,
    /// Why.
    pub because: String,
}

/// Escalate a part: it is told to the role above, and anybody of its own role may answer
#[utoipa::path(post, path = "/requests/{id}/escalation", tag = "requests", params(RequestPath),
    request_body = EscalateRequest, responses(
    (status = 200, body = RequestView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn escalate_request(
    State(state): State<ServerState>,
    Asker(caller): Asker,
    Path(path): Path<RequestPath>,
    Body(body): Body<EscalateRequest>,
) -> Result<Json<RequestView>, Problem> {
    let role = body.role.as_deref().map(|text| parsed("role", text)).transpose()?;
    Ok(Json(state.engine.escalate_request(&caller, &path.id, role, &body.because).await?.into()))
}
