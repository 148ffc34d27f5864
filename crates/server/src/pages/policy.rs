//! `/ui/policy`: what may be used, in words, with a search; for everybody who may pull something.

pub(super) mod change;
pub(super) mod settle;
pub(super) mod version;
pub(super) mod versions;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use weighbridge_domain::{PolicyState, Role};
use weighbridge_engine::StoreError;

use super::visitor::Visitor;
use super::{Frame, render, show, sign_in, trouble};
use crate::ServerState;
use crate::allowed::policy_keeper;
use crate::api::extract::Query;
use crate::api::policy::simulation::headline;
use crate::api::policy::{AcceptableUse, EnvironmentChangeView};
use crate::problem::Problem;

/// What is searched for.
#[derive(Deserialize)]
pub(super) struct Search {
    q: Option<String>,
}

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    frame: Frame,
    /// For whoever is signed in: the versions behind it.
    tabs: Option<Tabs>,
    /// Proposals that wait for somebody.
    waiting: Vec<u64>,
    page: AcceptableUse,
    shows_block_list: bool,
}

/// The parts of what the console has about the policy.
struct Tabs {
    here: &'static str,
    may_change: bool,
}

/// What a proposal keeps of what trying it out showed.
#[derive(Deserialize)]
struct Summary {
    against: u64,
    days: u32,
    evaluated: u64,
    people: u64,
    environments: BTreeMap<String, EnvironmentChangeView>,
}

/// The page as a file of its own, to be put up elsewhere.
#[derive(Template)]
#[template(path = "policy_alone.html")]
struct AlonePage {
    page: AcceptableUse,
    style: &'static str,
}

/// The page.
pub(super) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    Query(search): Query<Search>,
) -> Response {
    let environments = &state.engine.settings().environments;
    if !visitor.is_signed_in && !environments.iter().any(|known| known.anonymous) {
        let note = "You have to sign in to read this".to_owned();
        return sign_in::form(&visitor, StatusCode::UNAUTHORIZED, "/ui/policy", Some(note));
    }
    let words: String = search.q.unwrap_or_default().chars().take(200).collect();
    let waiting = match waiting(&state, &visitor).await {
        Ok(waiting) => waiting,
        Err(error) => return trouble(&visitor, Problem::internal(error), "/ui/policy"),
    };
    match AcceptableUse::of(&state.engine, &words).await {
        Ok(page) => {
            let tabs = visitor.is_signed_in.then(|| Tabs::of(&visitor, "words"));
            let frame = Frame::new("What may be used", &visitor);
            let shows_block_list = visitor.is_signed_in && visitor.caller.holds(Role::audits);
            render(StatusCode::OK, &PolicyPage { frame, tabs, waiting, page, shows_block_list })
        }
        Err(problem) => trouble(&visitor, problem, "/ui/policy"),
    }
}

/// The numbers of proposals that wait for somebody, for whoever is signed in.
async fn waiting(state: &ServerState, visitor: &Visitor) -> Result<Vec<u64>, StoreError> {
    if !visitor.is_signed_in {
        return Ok(Vec::new());
    }
    let newest = state.engine.list_policies(None, 50).await?.into_iter();
    let proposed = newest.filter(|row| row.proposal.state == PolicyState::Proposed);
    Ok(proposed.map(|row| row.proposal.number).collect())
}

impl Tabs {
    fn of(visitor: &Visitor, here: &'static str) -> Tabs {
        Tabs { here, may_change: policy_keeper(&visitor.caller).is_ok() }
    }
}

impl Summary {
    /// What it amounts to, in a sentence.
    fn headline(&self) -> String {
        let mut total = EnvironmentChangeView::default();
        for one in self.environments.values() {
            total.newly_denied += one.newly_denied;
            total.newly_held += one.newly_held;
            total.pulls += one.pulls;
        }
        headline(&total, &self.environments, self.people)
    }
}

/// The prohibited sources, for the network.
pub(super) async fn block_list(State(state): State<ServerState>, visitor: Visitor) -> Response {
    if !visitor.is_signed_in || !visitor.caller.holds(Role::audits) {
        let problem = Problem::forbidden("not-an-auditor", "auditors and administrators read this");
        return trouble(&visitor, problem, "/ui/policy/block-list.txt");
    }
    match crate::api::policy::block_list(&state.engine).await {
        Ok(text) => super::plain(text),
        Err(problem) => trouble(&visitor, problem, "/ui/policy"),
    }
}

/// The page without anything around it.
pub(crate) fn alone(page: AcceptableUse) -> Response {
    render(StatusCode::OK, &AlonePage { page, style: super::STYLE })
}
