//! `PATCH /api/v1/accounts/{name}`: disables or enables an account.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AccountPath, AccountView};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, Path};
use crate::problem::{Problem, ProblemView};

/// What is to change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAccount {
    /// Whether it is to open nothing: then its sessions and tokens end at once.
    pub disabled: bool,
}

/// Disable an account, which ends its sessions and tokens, or enable it again
#[utoipa::path(patch, path = "/accounts/{name}", tag = "accounts", params(AccountPath),
    request_body = ChangeAccount, responses(
    (status = 200, body = AccountView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn change_account(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<AccountPath>,
    Body(body): Body<ChangeAccount>,
) -> Result<Json<AccountView>, Problem> {
    let report = if body.disabled {
        state.engine.disable_account(&caller, &path.name).await?
    } else {
        state.engine.enable_account(&caller, &path.name).await?
    };
    Ok(Json(report.into()))
}
