//! `GET /api/v1/requests/{id}`: one request and its answers.

use axum::extract::State;

use super::{RequestPath, RequestView};
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Show one request and its answers
#[utoipa::path(get, path = "/requests/{id}", tag = "requests", params(RequestPath), responses(
    (status = 200, body = RequestView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn show_request(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Path(path): Path<RequestPath>,
) -> Result<Json<RequestView>, Problem> {
    Ok(Json(state.engine.show_request(&caller, &path.id).await?.into()))
}
