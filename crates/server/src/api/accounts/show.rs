//! `GET /api/v1/accounts/{name}`: one account and what it is granted.

use axum::extract::State;

use super::{AccountPath, AccountView};
use crate::ServerState;
use crate::allowed::Auditor;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Show an account and what it is granted
#[utoipa::path(get, path = "/accounts/{name}", tag = "accounts", params(AccountPath), responses(
    (status = 200, body = AccountView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn show_account(
    State(state): State<ServerState>,
    _auditor: Auditor,
    Path(path): Path<AccountPath>,
) -> Result<Json<AccountView>, Problem> {
    let found = state.engine.find_account(&path.name).await.map_err(Problem::internal)?;
    let no_such = || weighbridge_engine::AccountError::NoSuchAccount(path.name.clone());
    Ok(Json(found.ok_or_else(no_such)?.into()))
}
