//! The forms of a version: tried out, confirmed, refused, or proposed again.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use weighbridge_engine::{NewPolicy, PolicySource};

use super::super::account::Nothing;
use super::super::posted::Posted;
use super::super::visitor::Visitor;
use super::version::{Sent, show};
use crate::ServerState;
use crate::allowed::policy_keeper;
use crate::api::extract::{Path, parsed};
use crate::api::policy::{SimulationView, checked_days};
use crate::problem::Problem;

/// What the form to try a version out says.
#[derive(Deserialize)]
pub(crate) struct Try {
    days: String,
}

/// What the form to propose a version again says.
#[derive(Deserialize)]
pub(crate) struct Again {
    because: String,
}

/// `POST /ui/policy/versions/{number}/try`: what it would have done; nothing is recorded.
pub(crate) async fn try_out(
    State(state): State<ServerState>,
    Path(number): Path<u64>,
    Posted { visitor, form: Try { days } }: Posted<Try>,
) -> Response {
    let tried = async {
        policy_keeper(&visitor.caller)?;
        let days = checked_days(Some(parsed("days", days.trim())?))?;
        let bundle = state.engine.bundle_of(&PolicySource::Version(number)).await?;
        Ok::<_, Problem>(state.engine.simulate_policy(bundle, days, |_| {}).await?)
    };
    let sent = match tried.await {
        Ok(report) => Sent { trial: Some(SimulationView::from(report)), ..Sent::default() },
        Err(problem) => Sent { problem: Some(problem), ..Sent::default() },
    };
    show(&state, &visitor, number, sent).await
}

/// `POST /ui/policy/versions/{number}/confirm`: somebody else makes it the policy.
pub(crate) async fn confirm(
    State(state): State<ServerState>,
    Path(number): Path<u64>,
    Posted { visitor, form: Nothing {} }: Posted<Nothing>,
) -> Response {
    let confirmed = async {
        let keeper = policy_keeper(&visitor.caller)?;
        Ok::<_, Problem>(state.engine.confirm_policy(&keeper, number).await?)
    };
    match confirmed.await {
        Ok(_) => to(number),
        Err(problem) => failed(&state, &visitor, number, problem, String::new()).await,
    }
}

/// `POST /ui/policy/versions/{number}/withdraw`: taken back, or refused.
pub(crate) async fn withdraw(
    State(state): State<ServerState>,
    Path(number): Path<u64>,
    Posted { visitor, form: Nothing {} }: Posted<Nothing>,
) -> Response {
    let withdrawn = async {
        let keeper = policy_keeper(&visitor.caller)?;
        Ok::<_, Problem>(state.engine.withdraw_policy(&keeper, number).await?)
    };
    match withdrawn.await {
        Ok(_) => to(number),
        Err(problem) => failed(&state, &visitor, number, problem, String::new()).await,
    }
}

/// `POST /ui/policy/versions/{number}/again`: an earlier version is proposed.
pub(crate) async fn again(
    State(state): State<ServerState>,
    Path(number): Path<u64>,
    Posted { visitor, form: Again { because } }: Posted<Again>,
) -> Response {
    let proposed = async {
        let keeper = policy_keeper(&visitor.caller)?;
        let (source, days) = (PolicySource::Version(number), checked_days(None)?);
        let new = NewPolicy { source, because: because.clone(), days };
        Ok::<_, Problem>(state.engine.propose_policy(&keeper, new, |_| {}).await?)
    };
    match proposed.await {
        Ok((row, _)) => to(row.proposal.number),
        Err(problem) => failed(&state, &visitor, number, problem, because).await,
    }
}

pub(super) fn to(number: u64) -> Response {
    Redirect::to(&format!("/ui/policy/versions/{number}")).into_response()
}

async fn failed(
    state: &ServerState,
    visitor: &Visitor,
    number: u64,
    problem: Problem,
    written: String,
) -> Response {
    let sent = Sent { problem: Some(problem), written, ..Sent::default() };
    show(state, visitor, number, sent).await
}
