//! `DELETE /api/v1/trusted-keys/{name}`: trusts a key no longer.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::Path;
use crate::problem::{Problem, ProblemView};

/// Which key.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct TrustedKeyPath {
    /// What it is called here.
    name: String,
}

/// Trust a key no longer: what it signed stays on record, and no longer counts
#[utoipa::path(delete, path = "/trusted-keys/{name}", tag = "attestations", params(TrustedKeyPath), responses(
    (status = 204),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn remove_trusted_key(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<TrustedKeyPath>,
) -> Result<StatusCode, Problem> {
    state.engine.remove_trusted_key(&caller, &path.name).await?;
    Ok(StatusCode::NO_CONTENT)
}
