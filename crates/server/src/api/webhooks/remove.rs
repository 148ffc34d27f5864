//! `DELETE /api/v1/webhooks/{name}`: removes a receiver, and everything that was on its way to it.

use axum::extract::State;
use http::StatusCode;

use super::WebhookPath;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::Path;
use crate::problem::{Problem, ProblemView};

/// Remove a receiver, and everything that was on its way to it
#[utoipa::path(delete, path = "/webhooks/{name}", tag = "webhooks", params(WebhookPath), responses(
    (status = 204),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn remove_webhook(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<WebhookPath>,
) -> Result<StatusCode, Problem> {
    state.engine.remove_webhook(&caller, &path.name).await?;
    Ok(StatusCode::NO_CONTENT)
}
