//! `/ui/why?ref=&environment=`: facts, rules that fired, what would change it, who to ask.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::attestations::Statements;
use super::visitor::Visitor;
use super::{Frame, attestations, render, show, trouble};
use crate::ServerState;
use crate::api::decisions::ReasonView;
use crate::api::extract::{Query, parsed};
use crate::api::revisions::show::parse_ref;
use crate::api::why::{WhyView, explain_for};
use crate::problem::Problem;

/// About what.
#[derive(Deserialize)]
pub(super) struct About {
    #[serde(rename = "ref")]
    reference: String,
    environment: Option<String>,
}

#[derive(Template)]
#[template(path = "why.html")]
struct WhyPage {
    frame: Frame,
    why: WhyView,
    deciding: Vec<ReasonView>,
    warnings: Vec<ReasonView>,
    parts: Vec<show::Part>,
    findings: Vec<FindingRow>,
    document: Option<String>,
    /// What is said about the revision, signed; for those who are signed in.
    statements: Option<Statements>,
    /// Whether rules were lifted by break-glass when it was decided.
    is_lifted: bool,
}

/// One finding of the facts document.
struct FindingRow {
    severity: String,
    rule: String,
    path: String,
    message: String,
}

/// The page.
pub(super) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    Query(about): Query<About>,
) -> Response {
    let next = match &about.environment {
        Some(environment) => format!("/ui/why?ref={}&environment={environment}", about.reference),
        None => format!("/ui/why?ref={}", about.reference),
    };
    match explain(&state, &visitor, &about).await {
        Ok(why) => show(&state, &visitor, why).await,
        Err(problem) => trouble(&visitor, problem, &next),
    }
}

async fn explain(
    state: &ServerState,
    visitor: &Visitor,
    about: &About,
) -> Result<WhyView, Problem> {
    let ask = parse_ref(&about.reference)?;
    let environment = match &about.environment {
        Some(name) => parsed("environment", name)?,
        None => visitor.caller.environment.clone(),
    };
    explain_for(&state.engine, &visitor.caller, &ask, &environment).await
}

/// Shows an explanation.
pub(super) async fn show(state: &ServerState, visitor: &Visitor, why: WhyView) -> Response {
    let statements = match attestations::find(state, visitor, &why).await {
        Ok(statements) => statements,
        Err(problem) => return trouble(visitor, problem, "/ui"),
    };
    let (deciding, warnings) =
        why.reasons.iter().cloned().partition(|reason| reason.mode == "enforce");
    let document = why.decision.as_ref().and_then(|decision| decision.facts_document.as_ref());
    let finding = |value: &serde_json::Value| {
        let text = |name: &str| value.get(name).and_then(|v| v.as_str()).unwrap_or("").to_owned();
        FindingRow {
            severity: text("severity"),
            rule: text("rule"),
            path: text("path"),
            message: text("message"),
        }
    };
    let listed = document.and_then(|document| document.get("findings")?.as_array());
    let page = WhyPage {
        frame: Frame::new(why.summary.clone(), visitor),
        deciding,
        warnings,
        parts: document.map(show::parts).unwrap_or_default(),
        findings: listed.into_iter().flatten().map(finding).collect(),
        statements,
        is_lifted: document.is_some_and(is_lifted),
        document: document.and_then(|document| serde_json::to_string_pretty(document).ok()),
        why,
    };
    render(StatusCode::OK, &page)
}

fn is_lifted(facts: &serde_json::Value) -> bool {
    let emergencies = facts.get("break_glass").and_then(serde_json::Value::as_array);
    emergencies.is_some_and(|emergencies| !emergencies.is_empty())
}

impl WhyView {
    /// The heading, in a word.
    fn verdict(&self) -> &'static str {
        match self.outcome.as_str() {
            "allow" => "Allowed",
            "hold" => "Held",
            "deny" => "Denied",
            _ => "Not evaluated",
        }
    }
}
