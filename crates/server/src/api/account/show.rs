//! `GET /api/v1/account`: one's own account.

use axum::extract::State;

use crate::ServerState;
use crate::allowed::AccountHolder;
use crate::api::accounts::AccountView;
use crate::api::extract::Json;
use crate::problem::{Problem, ProblemView};

/// Show one's own account and what it is granted
#[utoipa::path(get, path = "/account", tag = "account", responses(
    (status = 200, body = AccountView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn show_own_account(
    State(state): State<ServerState>,
    AccountHolder(account): AccountHolder,
) -> Result<Json<AccountView>, Problem> {
    let found = state.engine.find_account(account.name.as_str()).await;
    let gone = || Problem::not_found("no-such-account", "the account is gone");
    Ok(Json(found.map_err(Problem::internal)?.ok_or_else(gone)?.into()))
}
