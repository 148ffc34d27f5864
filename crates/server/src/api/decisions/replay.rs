//! `GET /api/v1/decisions/{id}/replay`: makes a decision again from its record.

use axum::extract::State;
use weighbridge_engine::Replay;

use super::ReplayView;
use super::show::{DecisionPath, find_decision};
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// Make a decision again, from the policy and the facts it names
#[utoipa::path(get, path = "/decisions/{id}/replay", tag = "decisions", params(DecisionPath),
    responses(
    (status = 200, body = ReplayView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn replay_decision(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Path(path): Path<DecisionPath>,
) -> Result<Json<ReplayView>, Problem> {
    let report = find_decision(&state.engine, &caller, path.id).await?;
    let replay = state.engine.replay_decision(&report).await.map_err(Problem::internal)?;
    let decision = report.decision.decision;
    let (is_same, detail) = match replay {
        Replay::Same => {
            (true, "the same policy and the same facts give the same answer".to_owned())
        }
        Replay::Differs { outcome } if outcome == decision.outcome => {
            (false, "the answer is the same, its reasons or its documents are not".to_owned())
        }
        Replay::Differs { outcome } => (false, format!("the answer is `{outcome}` now")),
        Replay::Failed { why } => (false, format!("it cannot be made again: {why}")),
    };
    Ok(Json(ReplayView { decision: decision.id.to_string(), is_same, detail }))
}
