//! `/ui/policy/change`: how seriously every environment takes every rule, as switches; tried out, and proposed.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use weighbridge_domain::{Environment, Mode};
use weighbridge_engine::{NewPolicy, PolicyReport, PolicySource, RuleReport, Switch};

use super::super::posted::Posted;
use super::super::visitor::Visitor;
use super::super::{Frame, render, show as text, sign_in, trouble};
use super::{Tabs, settle};
use crate::ServerState;
use crate::allowed::policy_keeper;
use crate::api::extract::parsed;
use crate::api::policy::{SimulationView, checked_days};
use crate::problem::Problem;

const PATH: &str = "/ui/policy/change";

#[derive(Template)]
#[template(path = "policy_change.html")]
struct ChangePage {
    frame: Frame,
    tabs: Tabs,
    /// The version whose switches these are.
    against: u64,
    environments: Vec<String>,
    rules: Vec<RuleRow>,
    /// What trying the chosen switches out shows.
    trial: Option<SimulationView>,
    note: Option<String>,
    because: String,
    days: String,
}

/// A rule, and its switches.
struct RuleRow {
    rule: RuleReport,
    switches: Vec<Lever>,
}

/// One rule in one environment.
struct Lever {
    environment: String,
    active: Mode,
    chosen: Mode,
}

/// What the form says: a mode by environment and rule, and what to do with them.
type Form = BTreeMap<String, String>;

/// The form.
pub(crate) async fn page(State(state): State<ServerState>, visitor: Visitor) -> Response {
    if !visitor.is_signed_in {
        return sign_in::form(&visitor, StatusCode::UNAUTHORIZED, PATH, None);
    }
    if let Err(problem) = policy_keeper(&visitor.caller) {
        return trouble(&visitor, problem, "/ui/policy");
    }
    show(&state, &visitor, &Form::new(), None, None).await
}

/// Tries the switches out, or proposes them.
pub(crate) async fn send(
    State(state): State<ServerState>,
    Posted { visitor, form }: Posted<Form>,
) -> Response {
    match carry_out(&state, &visitor, &form).await {
        Ok(Done::Proposed(number)) => settle::to(number),
        Ok(Done::TriedOut(trial)) => show(&state, &visitor, &form, None, Some(*trial)).await,
        Err(problem) => show(&state, &visitor, &form, Some(problem), None).await,
    }
}

enum Done {
    TriedOut(Box<SimulationView>),
    Proposed(u64),
}

async fn carry_out(state: &ServerState, visitor: &Visitor, form: &Form) -> Result<Done, Problem> {
    let keeper = policy_keeper(&visitor.caller)?;
    let said = |name: &str| form.get(name).map(String::as_str).unwrap_or_default().trim();
    let days = checked_days(Some(parsed("days", said("days"))?))?;
    let report = state.engine.show_policy(None).await?;
    let (active, against) = (report.row.proposal.number, said("against"));
    if active.to_string() != against {
        let detail = format!("version {active} became active since these switches were shown");
        return Err(Problem::conflict("outdated-proposal", detail)
            .hint("look at them again: those that you chose are marked"));
    }
    let switches = chosen(&report, form)?;
    if switches.is_empty() {
        let detail = format!("nothing differs from version {active}, which is active");
        return Err(Problem::conflict("nothing-new", detail).hint("choose another mode somewhere"));
    }
    let source = PolicySource::Files(state.engine.switched_policy(&switches).await?);
    if said("do") == "try" {
        let bundle = state.engine.bundle_of(&source).await?;
        let trial = state.engine.simulate_policy(bundle, days, |_| {}).await?;
        return Ok(Done::TriedOut(Box::new(trial.into())));
    }
    let new = NewPolicy { source, because: said("because").to_owned(), days };
    let (row, _) = state.engine.propose_policy(&keeper, new, |_| {}).await?;
    Ok(Done::Proposed(row.proposal.number))
}

/// The switches that differ from the active policy.
fn chosen(report: &PolicyReport, form: &Form) -> Result<Vec<Switch>, Problem> {
    let mut switches = Vec::new();
    for rule in report.rules() {
        for (environment, setting) in rule.environments {
            let Some(word) = form.get(&field(&environment, &rule.id)) else { continue };
            let mode: Mode = parsed("mode", word)?;
            if mode != setting.mode {
                switches.push(Switch { environment, rule: rule.id.clone(), mode });
            }
        }
    }
    Ok(switches)
}

fn field(environment: &Environment, rule: &str) -> String {
    format!("mode/{environment}/{rule}")
}

async fn show(
    state: &ServerState,
    visitor: &Visitor,
    form: &Form,
    problem: Option<Problem>,
    trial: Option<SimulationView>,
) -> Response {
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let report = match state.engine.show_policy(None).await {
        Ok(report) => report,
        Err(error) => return trouble(visitor, Problem::from(error), PATH),
    };
    let row = |rule: RuleReport| {
        let lever = |(environment, setting): &(Environment, weighbridge_engine::RuleSetting)| {
            let word = form.get(&field(environment, &rule.id));
            Lever {
                environment: environment.to_string(),
                active: setting.mode,
                chosen: word.and_then(|word| word.parse().ok()).unwrap_or(setting.mode),
            }
        };
        RuleRow { switches: rule.environments.iter().map(lever).collect(), rule }
    };
    let said = |name: &str, usual: &str| form.get(name).map_or(usual, String::as_str).to_owned();
    let page = ChangePage {
        frame: Frame::new("Change the policy", visitor),
        tabs: Tabs::of(visitor, "change"),
        against: report.row.proposal.number,
        environments: report
            .bundle
            .environments()
            .iter()
            .map(|policy| policy.environment().to_string())
            .collect(),
        rules: report.rules().into_iter().map(row).collect(),
        trial,
        note: problem.map(Problem::sentence),
        because: said("because", ""),
        days: said("days", "30"),
    };
    render(status, &page)
}

impl Lever {
    /// Every mode, and whether it is the one that was chosen.
    fn modes(&self) -> [(Mode, bool); 3] {
        [Mode::Off, Mode::Warn, Mode::Enforce].map(|mode| (mode, mode == self.chosen))
    }

    fn is_changed(&self) -> bool {
        self.chosen != self.active
    }
}
