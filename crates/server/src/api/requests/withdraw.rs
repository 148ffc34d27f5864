//! `POST /api/v1/requests/{id}/withdrawal`: takes a request back.

use axum::extract::State;

use super::{RequestPath, RequestView};
use crate::ServerState;
use crate::allowed::Asker;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Take a request back: whoever asked, or an administrator
#[utoipa::path(post, path = "/requests/{id}/withdrawal", tag = "requests", params(RequestPath), responses(
    (status = 200, body = RequestView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn withdraw_request(
    State(state): State<ServerState>,
    Asker(caller): Asker,
    Path(path): Path<RequestPath>,
) -> Result<Json<RequestView>, Problem> {
    Ok(Json(state.engine.withdraw_request(&caller, &path.id).await?.into()))
}
