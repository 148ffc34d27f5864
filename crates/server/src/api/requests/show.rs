//! `GET /api/v1/requests/{id}`: one request, its answers and the evidence.

use axum::extract::State;
use weighbridge_domain::Caller;
use weighbridge_engine::{Engine, RequestEvidence, RequestReport};

use super::{EvidenceView, RequestPath, RequestView};
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::exceptions::ExceptionsView;
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
    Ok(Json(RequestView::whole(&state.engine, &caller, report, evidence).await?))
}

impl RequestView {
    /// A request with everything that whoever answers it has to see.
    pub(crate) async fn whole(
        engine: &Engine,
        caller: &Caller,
        report: RequestReport,
        evidence: Option<RequestEvidence>,
    ) -> Result<RequestView, Problem> {
        let (artifact, environment) = (&report.artifact.artifact, &report.row.request.environment);
        // The request tells of its own approval.
        let exceptions = ExceptionsView::find(engine, caller, artifact, environment, None).await?;
        Ok(RequestView {
            evidence: evidence.map(EvidenceView::from),
            exceptions: Some(exceptions),
            ..RequestView::from(report)
        })
    }
}
