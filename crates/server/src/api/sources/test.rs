//! `POST /api/v1/sources/{name}/test`: asks a source whether it is there and knows our credentials.

use axum::extract::State;
use weighbridge_engine::ProbeError;

use super::{ProbeView, SourcePath};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Ask a source whether it is there and knows our credentials
#[utoipa::path(post, path = "/sources/{name}/test", tag = "sources", params(SourcePath), responses(
    (status = 200, body = ProbeView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn test_source(
    State(state): State<ServerState>,
    _admin: Admin,
    Path(path): Path<SourcePath>,
) -> Result<Json<ProbeView>, Problem> {
    let report = state.engine.probe_source(&path.name()?).await?;
    Ok(Json(ProbeView::from(report)))
}

impl From<ProbeError> for Problem {
    fn from(error: ProbeError) -> Problem {
        match error {
            ProbeError::NoSuchSource(_) => Problem::not_found("no-such-source", error)
                .hint("`weighbridge source list` shows the sources there are"),
            ProbeError::Refused(_) | ProbeError::Store(_) => Problem::internal(error),
        }
    }
}
