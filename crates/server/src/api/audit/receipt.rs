//! `GET /api/v1/audit/entries/{id}/receipt`: what proves one entry of the ledger, offline.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::Path;
use crate::problem::{Problem, ProblemView};

/// Which entry.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct EntryPath {
    /// Its place in the ledger, from 0.
    id: u64,
}

/// Get what proves one entry of the ledger, offline (C2SP tlog-proof)
#[utoipa::path(get, path = "/audit/entries/{id}/receipt", tag = "audit", params(EntryPath), responses(
    (status = 200, body = String, content_type = "text/plain"),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn show_receipt(
    State(state): State<ServerState>,
    _auditor: Auditor,
    Path(path): Path<EntryPath>,
) -> Result<Response, Problem> {
    let found = state.engine.receipt(path.id).await.map_err(Problem::internal)?;
    let none = || Problem::not_found("no-such-entry", format!("there is no entry {}", path.id));
    let mut response = found.ok_or_else(none)?.into_response();
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
