//! `DELETE /api/v1/waivers/{id}`: ends a waiver before its time.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ServerState;
use crate::allowed::Answerable;
use crate::api::extract::Path;
use crate::problem::{Problem, ProblemView};

/// Which waiver.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct WaiverPath {
    /// Its id.
    id: String,
}

/// End a waiver before its time
#[utoipa::path(delete, path = "/waivers/{id}", tag = "waivers", params(WaiverPath), responses(
    (status = 204),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn revoke_waiver(
    State(state): State<ServerState>,
    Answerable(caller): Answerable,
    Path(path): Path<WaiverPath>,
) -> Result<StatusCode, Problem> {
    state.engine.revoke_waiver(&caller, &path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
