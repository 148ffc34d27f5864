//! `/ui/policy/versions`: the versions of the policy there are and were.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::super::visitor::Visitor;
use super::super::{Frame, render, show, sign_in, trouble};
use super::{Summary, Tabs};
use crate::ServerState;
use crate::api::extract::Query;
use crate::api::policy::PolicyVersionView;
use crate::problem::Problem;

/// How many rows the page has.
const ROWS: usize = 50;

/// Where to go on.
#[derive(Deserialize)]
pub(crate) struct Shown {
    before: Option<u64>,
}

#[derive(Template)]
#[template(path = "policy_versions.html")]
struct VersionsPage {
    frame: Frame,
    tabs: Tabs,
    versions: Vec<PolicyVersionView>,
    more_before: Option<u64>,
}

/// The page.
pub(crate) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    Query(shown): Query<Shown>,
) -> Response {
    const PATH: &str = "/ui/policy/versions";
    if !visitor.is_signed_in {
        return sign_in::form(&visitor, StatusCode::UNAUTHORIZED, PATH, None);
    }
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let mut rows = match state.engine.list_policies(shown.before, limit).await {
        Ok(rows) => rows,
        Err(error) => return trouble(&visitor, Problem::internal(error), PATH),
    };
    let has_more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let page = VersionsPage {
        frame: Frame::new("Versions of the policy", &visitor),
        tabs: Tabs::of(&visitor, "versions"),
        more_before: rows.last().filter(|_| has_more).map(|row| row.proposal.number),
        versions: rows.into_iter().map(PolicyVersionView::from).collect(),
    };
    render(StatusCode::OK, &page)
}

impl PolicyVersionView {
    /// The class of the badge that shows the state.
    pub(super) fn shade(&self) -> &'static str {
        match self.state.as_str() {
            "active" => "allow",
            "proposed" => "hold",
            _ => "plain",
        }
    }

    /// What trying it out showed, as far as a proposal keeps it.
    pub(super) fn summary(&self) -> Option<Summary> {
        serde_json::from_value(self.simulation.clone()?).ok()
    }
}
