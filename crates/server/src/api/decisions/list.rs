//! `GET /api/v1/decisions`: what policy said, the newest first.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use weighbridge_domain::{DecisionId, Environment, Outcome};
use weighbridge_engine::{DecisionFilter, DecisionReport};

use super::DecisionView;
use crate::ServerState;
use crate::allowed::{Reader, may_know, may_read};
use crate::api::extract::{Json, Page, Paging, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Which decisions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DecisionQuery {
    /// Only `allow`, `hold` or `deny`, and only decisions that still hold.
    outcome: Option<String>,
    /// Only this environment.
    environment: Option<String>,
}

/// List what policy said, the newest first
#[utoipa::path(get, path = "/decisions", tag = "decisions", params(DecisionQuery, Paging), responses(
    (status = 200, body = Page<DecisionView>),
    (status = 401, body = ProblemView),
))]
pub(crate) async fn list_decisions(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Query(query): Query<DecisionQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<DecisionView>>, Problem> {
    let limit = paging.limit()?;
    let outcome = query.outcome.as_deref().map(|text| parsed::<Outcome>("outcome", text));
    let environment =
        query.environment.as_deref().map(|text| parsed::<Environment>("environment", text));
    let filter = DecisionFilter {
        outcome: outcome.transpose()?,
        environment: environment.transpose()?,
        before: paging.after.map(DecisionId::new),
        limit,
    };
    let found = state.engine.list_decisions(&filter).await.map_err(Problem::internal)?;
    let may_see = |report: &DecisionReport| {
        may_read(&state.engine, &caller, &report.decision.decision.environment)
            && may_know(&caller, &report.artifact.artifact, report.artifact.restricted)
    };
    // What the caller may not see is left out of a page; where it ends does not depend on who asks.
    let items = found.reports.into_iter().filter(may_see).map(DecisionView::from).collect();
    let next = found.next.map(|id| id.to_string());
    Ok(Json(Page { items, next }))
}
