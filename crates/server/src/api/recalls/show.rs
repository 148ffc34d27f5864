//! `GET /api/v1/recalls/{sha256}`: one recall, and who has the bytes.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::RecallReportView;
use crate::ServerState;
use crate::allowed::Investigator;
use crate::api::extract::{Json, Path, parsed};
use crate::problem::{Problem, ProblemView};

/// Which bytes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RecallPath {
    /// Their SHA-256.
    sha256: String,
}

/// Show one recall: what is denied for it, and who was served the bytes
#[utoipa::path(get, path = "/recalls/{sha256}", tag = "recalls", params(RecallPath), responses(
    (status = 200, body = RecallReportView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn show_recall(
    State(state): State<ServerState>,
    Investigator(caller): Investigator,
    Path(path): Path<RecallPath>,
) -> Result<Json<RecallReportView>, Problem> {
    let digest = parsed("sha256", &path.sha256)?;
    Ok(Json(state.engine.show_recall(&caller, digest).await?.into()))
}
