//! `/healthz` says that the process answers, `/readyz` that its database does.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;

use crate::ServerState;

/// The router of the probes. They tell nothing that a stranger may not know.
pub(crate) fn router() -> Router<ServerState> {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready))
}

async fn ready(State(state): State<ServerState>) -> (StatusCode, &'static str) {
    match state.engine.is_ready().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
