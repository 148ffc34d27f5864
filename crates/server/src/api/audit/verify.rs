//! `GET /api/v1/audit/verification`: whether the ledger still hashes to what was signed.

use axum::extract::State;

use super::VerificationView;
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::Json;
use crate::problem::{Problem, ProblemView};

/// Hash the whole ledger anew and compare it with every signed checkpoint
#[utoipa::path(get, path = "/audit/verification", tag = "audit", responses(
    (status = 200, body = VerificationView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn verify_ledger(
    State(state): State<ServerState>,
    _auditor: Auditor,
) -> Result<Json<VerificationView>, Problem> {
    let report = state.engine.verify_ledger().await.map_err(Problem::internal)?;
    Ok(Json(VerificationView::from(report)))
}
