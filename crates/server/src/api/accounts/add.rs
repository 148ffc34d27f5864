//! `POST /api/v1/accounts`: makes an account.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::NewAccount;

use super::AccountView;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json};
use crate::problem::{Problem, ProblemView};

/// An account to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddAccount {
    /// Who it is in the ledger: it never changes and is never given to somebody else.
    #[schema(example = "dana")]
    pub name: String,
    /// What people call them.
    pub display_name: Option<String>,
}

/// Make an account; it may do nothing until something is granted
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = AddAccount, responses(
    (status = 201, body = AccountView),
    (status = 400, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn add_account(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Body(body): Body<AddAccount>,
) -> Result<(StatusCode, Json<AccountView>), Problem> {
    let new = NewAccount { name: body.name, display_name: body.display_name };
    let report = state.engine.add_account(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(report.into())))
}
