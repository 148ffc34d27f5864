//! `/ui/decisions/{id}`: the page a refusal links to.

use axum::extract::State;
use axum::response::Response;

use weighbridge_domain::Caller;
use weighbridge_engine::Engine;

use super::visitor::Visitor;
use super::{trouble, why};
use crate::ServerState;
use crate::api::decisions::DecisionView;
use crate::api::decisions::show::find_decision;
use crate::api::exceptions::ExceptionsView;
use crate::api::extract::Path;
use crate::api::why::WhyView;
use crate::problem::Problem;

/// The page.
pub(super) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    let next = format!("/ui/decisions/{id}");
    match find(&state.engine, &visitor.caller, id).await {
        Ok(view) => why::show(&state, &visitor, view).await,
        Err(problem) => trouble(&visitor, problem, &next),
    }
}

/// The decision as it was, with what people have said beside the rules as it is now.
async fn find(engine: &Engine, caller: &Caller, id: String) -> Result<WhyView, Problem> {
    let report = find_decision(engine, caller, id).await?;
    let artifact = report.artifact.artifact.clone();
    let environment = report.decision.decision.environment.clone();
    let view = WhyView::from(DecisionView::from(report));
    let facts = view.decision.as_ref().and_then(|decision| decision.facts_document.as_ref());
    let exceptions = ExceptionsView::find(engine, caller, &artifact, &environment, facts).await?;
    Ok(WhyView { exceptions, ..view })
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
            exceptions: ExceptionsView::default(),
            last_refusal: None,
        }
    }
}
