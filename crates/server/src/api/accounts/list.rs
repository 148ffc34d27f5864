//! `GET /api/v1/accounts`: the accounts, by name.

use axum::extract::State;
use weighbridge_engine::AccountReport;

use super::AccountView;
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::{Json, Page, Paging, Query};
use crate::problem::{Problem, ProblemView};

/// List the accounts, by name
#[utoipa::path(get, path = "/accounts", tag = "accounts", params(Paging), responses(
    (status = 200, body = Page<AccountView>),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_accounts(
    State(state): State<ServerState>,
    _auditor: Auditor,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<AccountView>>, Problem> {
    let limit = paging.limit()?;
    let found = state
        .engine
        .list_accounts(paging.after.as_deref(), limit.saturating_add(1))
        .await
        .map_err(Problem::internal)?;
    let key = |report: &AccountReport| report.account.name.to_string();
    Ok(Json(Page::of(found, limit, key, AccountView::from)))
}
