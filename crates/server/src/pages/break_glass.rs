//! `/ui/break-glass`: which rules are lifted in an emergency, by whom, and what nobody has looked at yet;
//! with the forms to open, confirm and close one.

pub(super) mod close;
pub(super) mod confirm;
pub(super) mod open;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use weighbridge_domain::{BreakGlassState, Role};
use weighbridge_engine::BreakGlassError;

use super::visitor::Visitor;
use super::{Frame, render, show as text, sign_in, trouble};
use crate::ServerState;
use crate::api::break_glass::{BreakGlassView, PulledUnderView};
use crate::api::extract::Query;
use crate::problem::Problem;

/// Where the page lies.
const PATH: &str = "/ui/break-glass";
/// How many of the history are shown at once.
const ROWS: usize = 50;

/// Which part of the history, and what the form is filled with.
#[derive(Default, Deserialize)]
pub(crate) struct Shown {
    before: Option<String>,
    #[serde(default)]
    pattern: String,
    #[serde(default)]
    environment: String,
}

#[derive(Template)]
#[template(path = "break_glass.html")]
struct BreakGlassPage {
    frame: Frame,
    unclosed: Vec<Emergency>,
    over: Vec<BreakGlassView>,
    /// The last of the history, when there is more.
    more_before: Option<String>,
    may_open: bool,
    /// Whether a second person has to confirm what is opened.
    two_persons: bool,
    longest_hours: u64,
    environments: Vec<String>,
    /// What went wrong with the form that was sent, and what can be done.
    note: Option<String>,
    written: Written,
}

/// One that nobody has closed, and what the visitor could do about it.
struct Emergency {
    glass: BreakGlassView,
    may_confirm: bool,
    may_close: bool,
    /// What was pulled meanwhile, for whoever may close it.
    pulled: Option<PulledUnderView>,
}

/// What was written into a form that could not be taken.
#[derive(Clone, Default)]
struct Written {
    pattern: String,
    environment: String,
    because: String,
    hours: String,
    /// The review, and of which one.
    review: String,
    about: String,
}

/// The page.
pub(super) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    Query(shown): Query<Shown>,
) -> Response {
    if !visitor.is_signed_in {
        return sign_in::form(&visitor, StatusCode::UNAUTHORIZED, PATH, None);
    }
    let Shown { before, pattern, environment } = shown;
    let written = Written { pattern, environment, ..Written::default() };
    show(&state, &visitor, before.as_deref(), None, written).await
}

async fn show(
    state: &ServerState,
    visitor: &Visitor,
    before: Option<&str>,
    problem: Option<Problem>,
    written: Written,
) -> Response {
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    match gather(state, visitor, before, written).await {
        Ok(page) => {
            render(status, &BreakGlassPage { note: problem.map(Problem::sentence), ..page })
        }
        Err(error) => trouble(visitor, Problem::from(error), PATH),
    }
}

async fn gather(
    state: &ServerState,
    visitor: &Visitor,
    before: Option<&str>,
    written: Written,
) -> Result<BreakGlassPage, BreakGlassError> {
    let engine = &state.engine;
    let settings = engine.settings();
    let now = settings.clock.now();
    let unclosed = engine.list_break_glass_unclosed().await?;
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let mut all = engine.list_break_glass(before, limit).await?;
    let has_more = all.len() > ROWS;
    all.truncate(ROWS);
    let more_before = all.last().filter(|_| has_more).map(|row| row.id.clone());
    all.retain(|row| !unclosed.iter().any(|open| open.id == row.id));
    let mut emergencies = Vec::new();
    // The newest is what most people come for.
    for row in unclosed.into_iter().rev() {
        let steps = engine.break_glass_steps(&visitor.caller, &row);
        let is_waiting = row.glass.state(now) == BreakGlassState::Waiting;
        let pulled = if steps.may_close && !is_waiting {
            Some(engine.list_break_glass_pulls(&visitor.caller, &row.id).await?.into())
        } else {
            None
        };
        emergencies.push(Emergency {
            may_confirm: steps.may_confirm,
            may_close: steps.may_close,
            pulled,
            glass: BreakGlassView::of(row, now),
        });
    }
    Ok(BreakGlassPage {
        frame: Frame::new("Break-glass", visitor),
        unclosed: emergencies,
        over: all.into_iter().map(|row| BreakGlassView::of(row, now)).collect(),
        more_before,
        may_open: visitor.caller.holds(Role::may_ask),
        two_persons: settings.break_glass.two_persons,
        longest_hours: settings.break_glass.longest.as_secs() / 3_600,
        environments: settings.environments.iter().map(|known| known.name.to_string()).collect(),
        note: None,
        written,
    })
}

/// Back to the page, at the one that was changed.
fn back(id: &str) -> Response {
    Redirect::to(&format!("{PATH}#{id}")).into_response()
}
