//! `PATCH /api/v1/webhooks/{name}`: tells a receiver nothing from now on, or again.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{WebhookPath, WebhookView};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, Path};
use crate::problem::{Problem, ProblemView};

/// What changes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeWebhook {
    /// Whether it is told anything.
    pub enabled: bool,
}

/// Tell a receiver nothing from now on, or again
#[utoipa::path(patch, path = "/webhooks/{name}", tag = "webhooks", params(WebhookPath),
    request_body = ChangeWebhook, responses(
    (status = 200, body = WebhookView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn change_webhook(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<WebhookPath>,
    Body(body): Body<ChangeWebhook>,
) -> Result<Json<WebhookView>, Problem> {
    let row = state.engine.enable_webhook(&caller, &path.name, body.enabled).await?;
    Ok(Json(row.into()))
}
