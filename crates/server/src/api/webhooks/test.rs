//! `POST /api/v1/webhooks/{name}/test`: sends a message now, and tells what came back.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::WebhookPath;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// What a receiver answered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookTestView {
    /// Whether it took the message.
    pub is_taken: bool,
    /// Its status, when it did.
    pub status: Option<u16>,
    /// What went wrong.
    pub trouble: Option<String>,
}

/// Send a message to a receiver now, and tell what came back
#[utoipa::path(post, path = "/webhooks/{name}/test", tag = "webhooks", params(WebhookPath), responses(
    (status = 200, body = WebhookTestView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn test_webhook(
    State(state): State<ServerState>,
    _admin: Admin,
    Path(path): Path<WebhookPath>,
) -> Result<Json<WebhookTestView>, Problem> {
    let report = state.engine.test_webhook(&path.name).await?;
    Ok(Json(WebhookTestView {
        is_taken: report.trouble.is_none(),
        status: report.status,
        trouble: report.trouble,
    }))
}
