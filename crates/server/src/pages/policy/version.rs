//! `/ui/policy/versions/{number}`: one version: who wants it, what differs, what it would have done; and the
//! forms to try it out, confirm it, refuse it, or propose it again.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use weighbridge_domain::{Confirmation, PolicyState};
use weighbridge_engine::{Difference, PolicyDifference, PolicyRow};

use super::super::visitor::Visitor;
use super::super::{Frame, render, show as text, sign_in, trouble};
use super::{Summary, Tabs};
use crate::ServerState;
use crate::allowed::policy_keeper;
use crate::api::extract::Path;
use crate::api::policy::{PolicyVersionView, SimulationView};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "policy_version.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a form that is there or not")]
struct VersionPage {
    frame: Frame,
    tabs: Tabs,
    version: PolicyVersionView,
    summary: Option<Summary>,
    /// The version it is compared with, and what differs; absent for the first one.
    compared: Option<Compared>,
    /// What trying it out shows now.
    trial: Option<SimulationView>,
    active: u64,
    is_outdated: bool,
    is_own: bool,
    may_change: bool,
    may_confirm: bool,
    may_propose: bool,
    /// What went wrong with the form that was sent, and what can be done.
    note: Option<String>,
    written: String,
}

/// What differs from another version.
struct Compared {
    with: u64,
    rows: Vec<Row>,
    files: Vec<(String, Vec<text::Line>)>,
}

/// One thing that differs.
struct Row {
    rule: String,
    place: String,
    was: String,
    becomes: String,
}

/// What came of a form that was sent from the page.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) problem: Option<Problem>,
    pub(super) written: String,
    pub(super) trial: Option<SimulationView>,
}

/// The page.
pub(crate) async fn page(
    State(state): State<ServerState>,
    visitor: Visitor,
    Path(number): Path<u64>,
) -> Response {
    if !visitor.is_signed_in {
        let path = format!("/ui/policy/versions/{number}");
        return sign_in::form(&visitor, StatusCode::UNAUTHORIZED, &path, None);
    }
    show(&state, &visitor, number, Sent::default()).await
}

/// The page, with what came of a form.
pub(super) async fn show(
    state: &ServerState,
    visitor: &Visitor,
    number: u64,
    sent: Sent,
) -> Response {
    let status = sent.problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    match gather(state, visitor, number, sent).await {
        Ok(page) => render(status, &page),
        Err(problem) => trouble(visitor, problem, "/ui/policy/versions"),
    }
}

async fn gather(
    state: &ServerState,
    visitor: &Visitor,
    number: u64,
    sent: Sent,
) -> Result<VersionPage, Problem> {
    let engine = &state.engine;
    let row: PolicyRow = engine.show_policy(Some(number)).await?.row;
    let active = engine.show_policy(None).await?.row.proposal.number;
    let is_proposed = row.proposal.state == PolicyState::Proposed;
    // What decides now is what a proposal would change; what is settled changed what it was based on.
    let with = if is_proposed { active } else { row.proposal.base };
    let compared = match with {
        0 => None,
        with if with == number => None,
        with => Some(Compared::of(with, engine.compare_policies(with, number).await?)),
    };
    let may_change = policy_keeper(&visitor.caller).is_ok();
    let is_own = row.proposal.proposed_by == visitor.caller.name;
    let one_is_enough = engine.settings().policy_confirmation == Confirmation::ByAnyone;
    let is_outdated = is_proposed && row.proposal.base != active;
    let version = PolicyVersionView::from(row);
    Ok(VersionPage {
        frame: Frame::new(format!("Version {number} of the policy"), visitor),
        tabs: Tabs::of(visitor, "version"),
        summary: version.summary(),
        compared,
        trial: sent.trial,
        active,
        is_outdated,
        is_own,
        may_change,
        may_confirm: may_change && is_proposed && !is_outdated && (!is_own || one_is_enough),
        may_propose: may_change && !is_proposed && number != active,
        note: sent.problem.map(Problem::sentence),
        written: sent.written,
        version,
    })
}

impl Compared {
    fn of(with: u64, found: PolicyDifference) -> Compared {
        let lines = |diff: Option<String>| match diff {
            Some(diff) => text::diff_lines(&diff),
            None => Vec::new(),
        };
        let files = found.files.into_iter().map(|(name, diff)| (name, lines(diff)));
        Compared {
            with,
            rows: found.differences.into_iter().map(Row::from).collect(),
            files: files.collect(),
        }
    }
}

impl From<Difference> for Row {
    fn from(difference: Difference) -> Row {
        let own = |rule: String, becomes: &str| Row {
            rule,
            place: "everywhere".to_owned(),
            was: String::new(),
            becomes: becomes.to_owned(),
        };
        let mode = |mode: String| if mode.is_empty() { "not there".to_owned() } else { mode };
        match difference {
            Difference::RuleAdded(rule) => own(rule, "a new rule"),
            Difference::RuleRemoved(rule) => own(rule, "the rule is gone"),
            Difference::RuleChanged { rule, what } => {
                own(rule, &format!("its {} changed", what.join(", ")))
            }
            Difference::LibraryChanged(file) => own(file, "what rules share changed"),
            Difference::Mode { environment, rule, from, to } => {
                Row { rule, place: environment, was: mode(from), becomes: mode(to) }
            }
            Difference::Number { environment, rule, parameter, from, to } => Row {
                rule,
                place: environment,
                was: format!("{parameter} {from}"),
                becomes: format!("{parameter} {to}"),
            },
            Difference::Words { environment, rule, parameter, added, removed } => {
                let signed = |sign: &str, words: Vec<String>| {
                    let signed: Vec<String> =
                        words.iter().map(|word| format!("{sign} {word}")).collect();
                    if signed.is_empty() {
                        String::new()
                    } else {
                        format!("{parameter} {}", signed.join(", "))
                    }
                };
                Row {
                    rule,
                    place: environment,
                    was: signed("−", removed),
                    becomes: signed("+", added),
                }
            }
        }
    }
}
