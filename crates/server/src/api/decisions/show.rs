//! `GET /api/v1/decisions/{id}`: one decision, with the facts it rests on.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use weighbridge_domain::{Caller, DecisionId};
use weighbridge_engine::{DecisionReport, Engine};

use super::DecisionView;
use crate::ServerState;
use crate::allowed::{Anyone, may_know, may_read};
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Which decision.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct DecisionPath {
    /// Its id.
    pub(crate) id: String,
}

/// Show a decision, with the facts it rests on
#[utoipa::path(get, path = "/decisions/{id}", tag = "decisions", params(DecisionPath), responses(
    (status = 200, body = DecisionView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn show_decision(
    State(state): State<ServerState>,
    Anyone(caller): Anyone,
    Path(path): Path<DecisionPath>,
) -> Result<Json<DecisionView>, Problem> {
    find_decision(&state.engine, &caller, path.id).await.map(|report| Json(report.into()))
}

/// The decision with that id, when the caller may know of it.
pub(crate) async fn find_decision(
    engine: &Engine,
    caller: &Caller,
    id: String,
) -> Result<DecisionReport, Problem> {
    let id = DecisionId::new(id);
    let found = engine.show_decision(&id).await.map_err(Problem::internal)?;
    let known = found.filter(|report| {
        may_read(engine, caller, &report.decision.decision.environment)
            && may_know(caller, &report.artifact.artifact, report.artifact.restricted)
    });
    known.ok_or_else(|| {
        Problem::not_found(
            "no-such-decision",
            "there is no such decision, or it is not for you to read",
        )
        .hint("sign in with a token of the environment the decision is about")
    })
}
