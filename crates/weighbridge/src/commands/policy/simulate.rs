//! `weighbridge policy simulate`.

use std::io::{IsTerminal as _, Write as _};
use std::time::Instant;

use clap::Args;
use weighbridge_server::api::policy::{
    ArtifactChangeView, CountView, EnvironmentChangeView, SimulatePolicy, SimulationLine,
    SimulationView,
};

use super::Context;
use super::source::Source;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Lines, Said, bold, column, counted, red, table};

/// How many changed artifacts a person is told of; JSON has a hundred.
const NAMED: usize = 20;
/// How many people are named at each.
const PEOPLE: usize = 3;

/// What `policy simulate` takes.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// A folder, the number of a version, or `config`
    #[arg(value_name = "DIR|VERSION|config", value_parser = Source::parse)]
    policy: Source,
    /// Count the pulls of so many days
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u32,
    /// End with 1 when something that passes today would be stopped
    #[arg(long)]
    strict: bool,
}

/// Tries a policy out.
pub(super) async fn run(context: &Context, simulate: &Simulate) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let body = SimulatePolicy { source: simulate.policy.view()?, days: Some(simulate.days) };
    let shows = context.output.format == Format::Human && std::io::stderr().is_terminal();
    let began = Instant::now();
    let mut last = None;
    client
        .follow::<SimulationLine>("/policy/simulations", &body, |line| match line.view {
            SimulationLine::Progress { done, total } if shows => {
                let seconds = began.elapsed().as_secs();
                let mut terminal = std::io::stderr().lock();
                write!(terminal, "\r{done} of {total} decisions, {seconds} s").ok();
                terminal.flush().ok();
            }
            SimulationLine::Progress { .. } => {}
            SimulationLine::Report(_) | SimulationLine::Problem(_) => last = Some(line),
        })
        .await?;
    if shows {
        write!(std::io::stderr().lock(), "\r\u{1b}[K").ok();
    }
    let broken = || Failure::new("the answer broke off").hint("ask again");
    let line = last.ok_or_else(broken)?;
    let report = match line.view {
        SimulationLine::Report(report) => report,
        SimulationLine::Problem(problem) => return Err(Failure::new(problem.detail)),
        SimulationLine::Progress { .. } => return Err(broken()),
    };
    let stopped = report.total.newly_denied + report.total.newly_held;
    let quiet = column(report.artifacts.iter().map(|one| {
        format!("{}@{} {} {} {}", one.artifact, one.commit, one.environment, one.was, one.becomes)
    }));
    let raw = line.raw.get("report").cloned().unwrap_or_default();
    context.output.data(&raw, Said { human: told(&report), quiet })?;
    Ok(match (report.evaluated, stopped) {
        (0, _) => Exit::NothingEvaluated,
        (_, 1..) if simulate.strict => Exit::No,
        _ => Exit::Pass,
    })
}

/// What trying a policy out showed, for people.
pub(super) fn told(report: &SimulationView) -> String {
    let mut text = Lines::of(format_args!("{}\n", bold(&report.headline())));
    text.add(format_args!(
        "compared with version {}, over {} on record for {} and the pulls of {}",
        report.against,
        counted(report.evaluated, "decision"),
        counted(report.revisions, "revision"),
        counted(u64::from(report.days), "day"),
    ));
    if report.evaluated == 0 {
        text.add("nobody was ever told anything about any revision: there is nothing to compare");
        return text.text();
    }
    let row = |(name, one): (&String, &EnvironmentChangeView)| {
        let numbers = [
            one.newly_denied,
            one.newly_held,
            one.newly_allowed,
            one.otherwise_refused,
            one.failed,
            one.pulls,
        ];
        let mut cells = vec![name.clone()];
        cells.extend(numbers.map(|number| number.to_string()));
        cells
    };
    let heads = [
        "environment",
        "newly denied",
        "newly held",
        "newly allowed",
        "refused otherwise",
        "not decidable",
        "pulls stopped",
    ];
    text.add(format_args!("\n{}", table(&heads, report.environments.iter().map(row))));
    if report.total.failed > 0 {
        let count = counted(report.total.failed, "decision");
        text.add(format_args!("\n{}: {count} could not be made, which denies", red("error")));
    }
    if !report.rules.is_empty() {
        let row = |rule: &weighbridge_server::api::policy::RuleCountView| {
            vec![rule.rule.clone(), rule.revisions.to_string(), rule.pulls.to_string()]
        };
        let heads = ["rule that stops", "revisions", "pulls"];
        text.add(format_args!("\n{}", table(&heads, report.rules.iter().map(row))));
    }
    if !report.artifacts.is_empty() {
        let row = |one: &ArtifactChangeView| {
            vec![
                format!("{}@{}", one.artifact, one.commit.chars().take(8).collect::<String>()),
                one.environment.clone(),
                format!("{} -> {}", one.was, one.becomes),
                one.rules.join(", "),
                one.pulls.to_string(),
                people(&one.people),
            ]
        };
        let heads = ["artifact", "environment", "change", "rules", "pulls", "who pulled"];
        let rows = report.artifacts.iter().take(NAMED).map(row);
        text.add(format_args!("\n{}", table(&heads, rows)));
        let shown = report.artifacts.len().min(NAMED);
        let all = report.more_artifacts + u64::try_from(report.artifacts.len()).unwrap_or(u64::MAX);
        let more = all.saturating_sub(u64::try_from(shown).unwrap_or(u64::MAX));
        if more > 0 {
            text.add(format_args!("and {more} more; `--format json` names a hundred"));
        }
    }
    text.text()
}

fn people(people: &[CountView]) -> String {
    let mut names: Vec<String> =
        people.iter().take(PEOPLE).map(|one| format!("{} ({})", one.name, one.pulls)).collect();
    if people.len() > PEOPLE {
        names.push(format!("and {} more", people.len() - PEOPLE));
    }
    names.join(", ")
}
