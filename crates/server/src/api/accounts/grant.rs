//! `POST /api/v1/accounts/{name}/grants`: grants a role.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::NewGrant;

use super::{AccountPath, AccountView};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, Path, parsed};
use crate::problem::{Problem, ProblemView};

/// A role to grant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRole {
    /// `reader`, `developer`, `security-reviewer`, `compliance-reviewer`, `approver`, `auditor` or `admin`.
    #[schema(example = "security-reviewer")]
    pub role: String,
    /// For which artifacts: `acme/*`; all of them, when it is left out.
    pub pattern: Option<String>,
    /// In which environment; in all, when it is left out.
    pub environment: Option<String>,
    /// Gated and private repositories of the pattern are meant too.
    #[serde(default)]
    pub includes_gated: bool,
}

/// Grant a role; nobody grants anything to their own account
#[utoipa::path(post, path = "/accounts/{name}/grants", tag = "accounts", params(AccountPath),
    request_body = GrantRole, responses(
    (status = 201, body = AccountView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn grant_role(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<AccountPath>,
    Body(body): Body<GrantRole>,
) -> Result<(StatusCode, Json<AccountView>), Problem> {
    // A lone `*` would mean the few names without a namespace; whoever writes it means all.
    let pattern = match body.pattern.as_deref() {
        None | Some("*") => "**",
        Some(pattern) => pattern,
    };
    let environment = body.environment.as_deref();
    let new = NewGrant {
        role: parsed("role", &body.role)?,
        pattern: parsed("pattern", pattern)?,
        environment: environment.map(|text| parsed("environment", text)).transpose()?,
        includes_gated: body.includes_gated,
    };
    let report = state.engine.grant_role(&caller, &path.name, new).await?;
    Ok((StatusCode::CREATED, Json(report.into())))
}
