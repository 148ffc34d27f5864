//! `POST /api/v1/tokens`: makes a token. The answer is the only place where it is ever shown.

use axum::extract::State;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::RepoPattern;
use weighbridge_engine::{NewServiceToken, NewToken};

use super::TokenView;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, moment, parsed};
use crate::problem::{Problem, ProblemView};

/// A token to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// Whose it is: it stands in the ledger beside everything done with it.
    #[schema(example = "ci-training")]
    pub name: String,
    /// `reader`, `developer`, `security-reviewer`, `compliance-reviewer`, `approver`, `auditor` or `admin`.
    #[schema(example = "reader")]
    pub role: String,
    /// The environment its holder pulls for; the default one when it is left out.
    pub environment: Option<String>,
    /// Gated and private repositories its holder may have: `org/*`.
    #[serde(default)]
    pub entitled_to: Vec<String>,
    /// When it ends, in RFC 3339; never, when it is left out.
    pub expires_at: Option<String>,
    /// The service it acts for, instead of being its own person: it answers no requests.
    #[serde(default)]
    pub service: Option<String>,
}

/// A token, just made.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedToken {
    /// What is known of it from now on.
    #[serde(flatten)]
    pub known: TokenView,
    /// The token itself. It is not kept and cannot be shown again.
    #[schema(example = "hf_…")]
    pub token: String,
}

/// Make a token; the answer is the only place where it is ever shown
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = CreateToken, responses(
    (status = 201, body = CreatedToken),
    (status = 400, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn create_token(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Body(body): Body<CreateToken>,
) -> Result<(StatusCode, [(header::HeaderName, HeaderValue); 1], Json<CreatedToken>), Problem> {
    let environment = match &body.environment {
        Some(name) => parsed("environment", name)?,
        None => state.engine.settings().default_environment.clone(),
    };
    let mut entitled_to: Vec<RepoPattern> = Vec::new();
    for pattern in &body.entitled_to {
        entitled_to.push(parsed("entitled_to", pattern)?);
    }
    let new = NewToken {
        name: body.name,
        role: parsed("role", &body.role)?,
        environment,
        entitled_to,
        expires_at: body
            .expires_at
            .as_deref()
            .map(|text| moment("expires_at", text))
            .transpose()?,
    };
    let (row, secret) = match body.service {
        None => state.engine.create_token(&caller, new).await?,
        Some(service) => {
            let new = NewServiceToken { service, token: new };
            state.engine.create_service_token(&caller, new).await?
        }
    };
    let created = CreatedToken { known: row.into(), token: secret.reveal().to_owned() };
    let never_kept = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, never_kept, Json(created)))
}
