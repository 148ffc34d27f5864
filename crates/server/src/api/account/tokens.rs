//! `/api/v1/account/tokens`: personal tokens. They act for their account, and never for more than it holds.

use axum::extract::State;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::NewPersonalToken;

use crate::ServerState;
use crate::allowed::{AccountHolder, PasswordHolder};
use crate::api::extract::{Body, Json, Page, Path, moment, parsed};
use crate::api::tokens::revoke::TokenPath;
use crate::api::tokens::{CreatedToken, TokenView};
use crate::problem::{Problem, ProblemView};

/// A personal token to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateOwnToken {
    /// What its owner calls it.
    #[schema(example = "laptop")]
    pub name: String,
    /// The one of the account's roles that it acts in; may be left out by whoever has one only.
    pub role: Option<String>,
    /// The environment it pulls for; the default one, or the first in which the role is held.
    pub environment: Option<String>,
    /// When it ends, in RFC 3339; after 90 days, when it is left out.
    pub expires_at: Option<String>,
}

/// List one's own tokens, the revoked ones too
#[utoipa::path(get, path = "/account/tokens", tag = "account", responses(
    (status = 200, body = Page<TokenView>),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn list_own_tokens(
    State(state): State<ServerState>,
    AccountHolder(account): AccountHolder,
) -> Result<Json<Page<TokenView>>, Problem> {
    let rows = state.engine.list_own_tokens(&account).await.map_err(Problem::internal)?;
    Ok(Json(Page::whole(rows.into_iter().map(TokenView::from).collect())))
}

/// Make a personal token; this takes name and password, and the answer is the only place where it is shown
#[utoipa::path(post, path = "/account/tokens", tag = "account", request_body = CreateOwnToken,
    security(("password" = [])), responses(
    (status = 201, body = CreatedToken),
    (status = 400, body = ProblemView),
    (status = 401, body = ProblemView),
    (status = 403, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn create_own_token(
    State(state): State<ServerState>,
    PasswordHolder(account): PasswordHolder,
    Body(body): Body<CreateOwnToken>,
) -> Result<(StatusCode, [(header::HeaderName, HeaderValue); 1], Json<CreatedToken>), Problem> {
    let new = NewPersonalToken {
        label: body.name,
        role: body.role.as_deref().map(|text| parsed("role", text)).transpose()?,
        environment: body
            .environment
            .as_deref()
            .map(|text| parsed("environment", text))
            .transpose()?,
        expires_at: body
            .expires_at
            .as_deref()
            .map(|text| moment("expires_at", text))
            .transpose()?,
    };
    let (row, secret) = state.engine.create_personal_token(&account, new).await?;
    let created = CreatedToken { known: row.into(), token: secret.reveal().to_owned() };
    let never_kept = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, never_kept, Json(created)))
}

/// Revoke one of one's own tokens
#[utoipa::path(delete, path = "/account/tokens/{token}", tag = "account", params(TokenPath),
    responses(
    (status = 200, body = TokenView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn revoke_own_token(
    State(state): State<ServerState>,
    AccountHolder(account): AccountHolder,
    Path(path): Path<TokenPath>,
) -> Result<Json<TokenView>, Problem> {
    Ok(Json(state.engine.revoke_own_token(&account, &path.token).await?.into()))
}
