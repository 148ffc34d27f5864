//! `GET /api/v1/webhooks/{name}/deliveries`: what a receiver was told, the newest entry first.

use axum::extract::State;
use weighbridge_engine::DeliveryRow;

use super::{DeliveryView, WebhookPath};
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::{Json, Page, Paging, Path, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// List what a receiver was told in the last 30 days and what waits, the newest entry first
#[utoipa::path(get, path = "/webhooks/{name}/deliveries", tag = "webhooks",
    params(WebhookPath, Paging), responses(
    (status = 200, body = Page<DeliveryView>),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn list_deliveries(
    State(state): State<ServerState>,
    _auditor: Auditor,
    Path(path): Path<WebhookPath>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<DeliveryView>>, Problem> {
    let limit = paging.limit()?;
    let before = match &paging.after {
        Some(after) => parsed("after", after)?,
        None => u64::MAX,
    };
    let found = state.engine.list_deliveries(&path.name, before, limit.saturating_add(1)).await?;
    Ok(Json(Page::of(found, limit, |row: &DeliveryRow| row.position.to_string(), Into::into)))
}
