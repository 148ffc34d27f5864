//! `/ui/policy`: what may be used, in words, with a search; for everybody who may pull something.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use weighbridge_domain::Role;

use super::visitor::Visitor;
use super::{Frame, render, show, sign_in, trouble};
use crate::ServerState;
use crate::api::extract::Query;
use crate::api::policy::AcceptableUse;
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
    page: AcceptableUse,
    shows_block_list: bool,
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
    match AcceptableUse::of(&state.engine, &words).await {
        Ok(page) => {
            let frame = Frame::new("What may be used", &visitor);
            let shows_block_list = visitor.is_signed_in && visitor.caller.holds(Role::audits);
            render(StatusCode::OK, &PolicyPage { frame, page, shows_block_list })
        }
        Err(problem) => trouble(&visitor, problem, "/ui/policy"),
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
