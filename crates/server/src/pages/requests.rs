//! `/ui/requests`: what was asked for, and what waits for whom.

pub(super) mod answer;
pub(super) mod ask;
mod evidence;
pub(super) mod show;
pub(super) mod talk;
pub(super) mod withdraw;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use weighbridge_domain::{RequestState, Role};
use weighbridge_engine::{RequestFilter, RequestReport};

use super::visitor::Visitor;
use super::{Frame, render, show as text, sign_in, trouble};
use crate::ServerState;
use crate::api::extract::Query;
use crate::api::requests::RequestView;
use crate::problem::Problem;

/// How many rows the page has.
const ROWS: usize = 50;

/// Which requests.
#[derive(Deserialize)]
pub(crate) struct Shown {
    #[serde(default)]
    show: Choice,
    before: Option<String>,
}

/// What the tabs of the page choose from.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Choice {
    #[default]
    Open,
    Mine,
    Overdue,
    All,
}

#[derive(Template)]
#[template(path = "requests.html")]
struct RequestsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    shown: &'static str,
    requests: Vec<RequestView>,
    /// The place of the last of them, when there are more.
    more_before: Option<String>,
    may_ask: bool,
}

struct Tab {
    word: &'static str,
    label: &'static str,
    is_here: bool,
}

/// The page.
pub(crate) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    Query(shown): Query<Shown>,
) -> Response {
    if !visitor.is_signed_in {
        return sign_in::form(&visitor, StatusCode::UNAUTHORIZED, "/ui/requests", None);
    }
    let choice = shown.show;
    let filter = RequestFilter {
        state: matches!(choice, Choice::Open | Choice::Overdue).then_some(RequestState::Open),
        mine: choice == Choice::Mine,
        environment: None,
        overdue: choice == Choice::Overdue,
    };
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let found =
        state.engine.list_requests(&visitor.caller, &filter, shown.before.as_deref(), limit).await;
    let mut found: Vec<RequestReport> = match found {
        Ok(found) => found,
        Err(error) => return trouble(&visitor, Problem::from(error), "/ui/requests"),
    };
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let more_before = found.last().filter(|_| has_more).map(|last| last.place.clone());
    let requests: Vec<RequestView> = found.into_iter().map(RequestView::from).collect();
    let page = RequestsPage {
        frame: Frame::new("Requests", &visitor),
        tabs: Choice::tabs(choice),
        shown: choice.word(),
        more_before,
        requests,
        may_ask: visitor.caller.holds(Role::may_ask),
    };
    render(StatusCode::OK, &page)
}

impl Choice {
    const ALL: [Choice; 4] = [Choice::Open, Choice::Mine, Choice::Overdue, Choice::All];

    fn word(self) -> &'static str {
        match self {
            Choice::Open => "open",
            Choice::Mine => "mine",
            Choice::Overdue => "overdue",
            Choice::All => "all",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Choice::Open => "Open",
            Choice::Mine => "Mine: asked by me, or waiting for me",
            Choice::Overdue => "Overdue",
            Choice::All => "All",
        }
    }

    fn tabs(here: Choice) -> Vec<Tab> {
        let tab = |choice: Choice| Tab {
            word: choice.word(),
            label: choice.label(),
            is_here: choice == here,
        };
        Choice::ALL.into_iter().map(tab).collect()
    }
}

/// The class of the badge that shows where a request stands.
fn shade_of(state: &str) -> &'static str {
    match state {
        "approved" => "allow",
        "rejected" => "deny",
        "open" => "hold",
        _ => "plain",
    }
}

impl RequestView {
    /// The class of the badge that shows the state.
    pub(super) fn shade(&self) -> &'static str {
        shade_of(&self.state)
    }

    /// What whoever looks has to do, in words.
    fn yours(&self) -> Option<String> {
        match (self.your_part.as_deref(), &self.your_role) {
            (Some("answer"), Some(role)) => Some(format!("your answer as {role}")),
            (Some("reply"), _) => Some("your reply".to_owned()),
            (Some("asked"), _) => Some("asked by you".to_owned()),
            _ => None,
        }
    }

    /// Whether a part of it is late.
    fn is_overdue(&self) -> bool {
        self.parts.iter().any(|part| part.overdue_at.is_some() && self.missing.contains(&part.role))
    }
}
