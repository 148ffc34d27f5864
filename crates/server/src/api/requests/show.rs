//! `GET /api/v1/requests/{id}`: one request, its answers and the evidence.

use axum::extract::State;

use super::{EvidenceView, RequestPath, RequestView};
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Show one request with its answers and the evidence
#[utoipa::path(get, path = "/requests/{id}", tag = "requests", params(RequestPath), responses(
    (status = 200, body = RequestView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn show_request(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Path(path): Path<RequestPath>,
) -> Result<Json<RequestView>, Problem> {
    let (report, evidence) = state.engine.show_request_whole(&caller, &path.id).await?;
    let view = RequestView::from(report);
    Ok(Json(RequestView { evidence: evidence.map(EvidenceView::from), ..view }))
}
