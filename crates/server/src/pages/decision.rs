//! `/ui/decisions/{id}`: the page a refusal links to.

use axum::extract::State;
use axum::response::Response;

use super::visitor::Visitor;
use super::{trouble, why};
use crate::ServerState;
use crate::api::decisions::DecisionView;
use crate::api::decisions::show::find_decision;
use crate::api::extract::Path;
use crate::api::why::WhyView;

/// The page.
pub(super) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    let next = format!("/ui/decisions/{id}");
    match find_decision(&state.engine, &visitor.caller, id).await {
        Ok(report) => why::show(&visitor, WhyView::from(DecisionView::from(report))),
        Err(problem) => trouble(&visitor, problem, &next),
    }
}

impl From<DecisionView> for WhyView {
    fn from(decision: DecisionView) -> WhyView {
        WhyView {
            reference: format!("{}@{}", decision.artifact, decision.commit),
            environment: decision.environment.clone(),
            outcome: decision.outcome.clone(),
            summary: decision.summary(),
            reasons: decision.reasons.clone(),
            decision: Some(decision),
            missing: Vec::new(),
            last_refusal: None,
        }
    }
}
