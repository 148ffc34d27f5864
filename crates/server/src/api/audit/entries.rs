//! `GET /api/v1/audit/entries`: the ledger, entry by entry.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::EntryView;
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::{Json, Page, Paging, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntryQuery {
    /// Only the last so many, the oldest of them first; `after` is not looked at then.
    #[param(minimum = 1, maximum = 500)]
    last: Option<u32>,
}

/// Read the ledger, entry by entry
#[utoipa::path(get, path = "/audit/entries", tag = "audit", params(EntryQuery, Paging), responses(
    (status = 200, body = Page<EntryView>),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_entries(
    State(state): State<ServerState>,
    _auditor: Auditor,
    Query(query): Query<EntryQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<EntryView>>, Problem> {
    if let Some(last) = query.last {
        let last = Paging { after: None, limit: Some(last) }.limit()?;
        let entries = state.engine.list_last_entries(last).await.map_err(Problem::internal)?;
        return Ok(Json(Page::whole(entries.into_iter().map(EntryView::from).collect())));
    }
    let limit = paging.limit()?;
    let from = match &paging.after {
        Some(after) => parsed::<u64>("after", after)?.saturating_add(1),
        None => 0,
    };
    let found = state
        .engine
        .list_entries(from, limit.saturating_add(1))
        .await
        .map_err(Problem::internal)?;
    Ok(Json(Page::of(found, limit, |entry| entry.position.to_string(), EntryView::from)))
}
