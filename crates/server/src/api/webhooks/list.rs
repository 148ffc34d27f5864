//! `GET /api/v1/webhooks`: every receiver, and how far its messages are.

use axum::extract::State;

use super::WebhookView;
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::{Json, Page};
use crate::problem::{Problem, ProblemView};

/// List every receiver of messages, and how far its messages are
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", responses(
    (status = 200, body = Page<WebhookView>),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_webhooks(
    State(state): State<ServerState>,
    _auditor: Auditor,
) -> Result<Json<Page<WebhookView>>, Problem> {
    let found = state.engine.list_webhooks().await.map_err(Problem::internal)?;
    Ok(Json(Page::whole(found.into_iter().map(WebhookView::from).collect())))
}
