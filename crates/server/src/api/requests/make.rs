//! `POST /api/v1/requests`: asks for a revision in an environment.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::NewRequest;

use super::{RequestView, RiskView};
use crate::ServerState;
use crate::allowed::Asker;
use crate::api::extract::{Body, Json, parsed};
use crate::api::revisions::show::parse_ref;
use crate::problem::{Problem, ProblemView};

/// A request to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeRequest {
    /// `acme/tiny-bert@main`: a branch or tag means the commit it means now.
    #[serde(rename = "ref")]
    #[schema(example = "acme/tiny-bert@main")]
    pub reference: String,
    /// Where it is to be used.
    #[schema(example = "production")]
    pub environment: String,
    /// Why.
    pub because: String,
    /// What can go wrong with this use.
    pub risk: RiskView,
}

/// Ask for a revision in an environment
#[utoipa::path(post, path = "/requests", tag = "requests", request_body = MakeRequest, responses(
    (status = 201, body = RequestView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn make_request(
    State(state): State<ServerState>,
    Asker(caller): Asker,
    Body(body): Body<MakeRequest>,
) -> Result<(StatusCode, Json<RequestView>), Problem> {
    let new = NewRequest {
        ask: parse_ref(&body.reference)?,
        environment: parsed("environment", &body.environment)?,
        because: body.because,
        risk: body.risk.answers()?,
    };
    let made = state.engine.request_use(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
