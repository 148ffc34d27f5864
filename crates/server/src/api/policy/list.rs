//! `GET /api/v1/policy/versions`: the versions there are and were, the newest first.

use axum::extract::State;
use weighbridge_engine::PolicyRow;

use super::PolicyVersionView;
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::{Json, Page, Paging, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// List the versions of the policy, the newest first
#[utoipa::path(get, path = "/policy/versions", tag = "policy", params(Paging), responses(
    (status = 200, body = Page<PolicyVersionView>),
    (status = 401, body = ProblemView),
))]
pub(crate) async fn list_policies(
    State(state): State<ServerState>,
    _reader: Reader,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<PolicyVersionView>>, Problem> {
    let limit = paging.limit()?;
    let before = paging.after.as_deref().map(|text| parsed("after", text)).transpose()?;
    let found = state.engine.list_policies(before, limit.saturating_add(1)).await;
    let found = found.map_err(Problem::internal)?;
    let key = |row: &PolicyRow| row.proposal.number.to_string();
    Ok(Json(Page::of(found, limit, key, PolicyVersionView::from)))
}
