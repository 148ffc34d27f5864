//! `GET /api/v1/audit/log/…`: the ledger as the static files of a C2SP tlog-tiles log, for copies and
//! monitors.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};

use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::Path;
use crate::problem::Problem;

/// One file of the log. A full tile never changes.
pub(crate) async fn read_log(
    State(state): State<ServerState>,
    _auditor: Auditor,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let Some(bytes) = state.engine.read_log(&path).await.map_err(Problem::internal)? else {
        let detail = "the log has no such file, or not yet";
        return Err(Problem::not_found("no-such-file", detail).hint(
            "`checkpoint` says how many entries there are; C2SP tlog-tiles says which files",
        ));
    };
    let is_text = path == "checkpoint" || path.starts_with("bodies/");
    let kind = if is_text { "text/plain; charset=utf-8" } else { "application/octet-stream" };
    let lasts = if is_text { "no-store" } else { "private, max-age=31536000, immutable" };
    let mut response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(lasts));
    Ok(response)
}
