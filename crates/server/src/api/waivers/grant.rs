//! `POST /api/v1/waivers`: sets a rule aside.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::NewWaiver;

use super::WaiverView;
use crate::ServerState;
use crate::allowed::Answerable;
use crate::api::extract::{Body, Json, moment, parsed};
use crate::problem::{Problem, ProblemView};

/// A waiver to grant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantWaiver {
    /// The rule to set aside.
    #[schema(example = "licence-unknown")]
    pub rule: String,
    /// For which artifacts.
    #[schema(example = "acme/*")]
    pub pattern: String,
    /// In which environment.
    #[schema(example = "production")]
    pub environment: String,
    /// Why.
    pub because: String,
    /// When it ends, in RFC 3339.
    pub expires_at: String,
}

/// Set a rule aside for some artifacts in one environment; the role that the rule names does it
#[utoipa::path(post, path = "/waivers", tag = "waivers", request_body = GrantWaiver, responses(
    (status = 201, body = WaiverView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn grant_waiver(
    State(state): State<ServerState>,
    Answerable(caller): Answerable,
    Body(body): Body<GrantWaiver>,
) -> Result<(StatusCode, Json<WaiverView>), Problem> {
    let new = NewWaiver {
        rule: body.rule,
        pattern: parsed("pattern", &body.pattern)?,
        environment: parsed("environment", &body.environment)?,
        because: body.because,
        expires_at: moment("expires_at", &body.expires_at)?,
    };
    let row = state.engine.grant_waiver(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}
