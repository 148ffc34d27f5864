//! `POST /api/v1/policy/versions`: proposes a policy; it is tried out before it is recorded.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::NewPolicy;

use super::{PolicySourceView, PolicyVersionView, SimulationView, checked_days};
use crate::ServerState;
use crate::allowed::PolicyKeeper;
use crate::api::extract::{Body, Json};
use crate::problem::{Problem, ProblemView};

/// A policy to propose.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProposePolicy {
    /// What it is taken from.
    #[serde(flatten)]
    pub source: PolicySourceView,
    /// Why.
    pub because: String,
    /// Over how many days of pulls it is tried out; 30 when nobody says.
    pub days: Option<u32>,
}

/// A proposal, and what trying it out showed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProposedView {
    /// The proposal.
    pub version: PolicyVersionView,
    /// What trying it out showed.
    pub simulation: SimulationView,
}

/// Propose a policy; somebody else confirms it
#[utoipa::path(post, path = "/policy/versions", tag = "policy", request_body = ProposePolicy,
    responses(
    (status = 201, body = ProposedView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn propose_policy(
    State(state): State<ServerState>,
    PolicyKeeper(caller): PolicyKeeper,
    Body(body): Body<ProposePolicy>,
) -> Result<(StatusCode, Json<ProposedView>), Problem> {
    let days = checked_days(body.days)?;
    let new = NewPolicy { source: body.source.source()?, because: body.because, days };
    let (row, report) = state.engine.propose_policy(&caller, new, |_| {}).await?;
    let view = ProposedView { version: row.into(), simulation: report.into() };
    Ok((StatusCode::CREATED, Json(view)))
}
