//! `weighbridge requests`: what was asked for, and where it stands.

mod evidence;

use clap::Args;
use weighbridge_server::api::requests::{CheckView, PartView, RequestView};

use super::Context;
use crate::client::{Reply, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, bold, column, green, printable, red, table, yellow};

/// What `requests` takes.
#[derive(Debug, Args)]
pub(crate) struct Requests {
    /// Show this one and its answers
    id: Option<String>,
    /// Only those that I made, or whose answer is awaited from me in any of my roles; what is due first comes
    /// first
    #[arg(long, conflicts_with = "id")]
    mine: bool,
    /// Only those that stand there
    #[arg(long, value_parser = ["open", "approved", "rejected", "withdrawn"], conflicts_with = "id")]
    state: Option<String>,
    /// Only those for this environment
    #[arg(long = "for", visible_alias = "environment", value_name = "ENV", conflicts_with = "id")]
    environment: Option<String>,
    /// Only open ones of which a part is late
    #[arg(long, conflicts_with = "id")]
    overdue: bool,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

/// Lists requests, or shows one.
pub(crate) async fn run(context: &Context, requests: &Requests) -> Result<Exit, Failure> {
    let client = context.client().await?;
    if let Some(id) = &requests.id {
        let reply = client.get::<RequestView>(&format!("/requests/{}", encoded(id))).await?;
        return say(context, &reply);
    }
    let mine = requests.mine.then_some("true");
    let overdue = requests.overdue.then_some("true");
    let parameters = [
        ("state", requests.state.as_deref()),
        ("mine", mine),
        ("environment", requests.environment.as_deref()),
        ("overdue", overdue),
    ];
    let reply = client.list::<RequestView>("/requests", &parameters, requests.limit).await?;
    let is_mine = requests.mine;
    let rows = reply.view.iter().map(|request| {
        let mut cells = vec![
            request.id.clone(),
            request.state.clone(),
            request.environment.clone(),
            format!("{}@{}", request.artifact, short(&request.commit)),
            request.asked_by.clone(),
            request.missing.join(", "),
            due(request).unwrap_or_default().to_owned(),
        ];
        cells.extend(is_mine.then(|| yours(request)));
        cells
    });
    let mut heads = vec!["id", "state", "environment", "revision", "asked by", "waits for", "due"];
    heads.extend(is_mine.then_some("from you"));
    let human = table(&heads, rows);
    let quiet = column(reply.view.iter().map(|request| &request.id));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}

/// Tells where one request stands.
pub(super) fn say(context: &Context, reply: &Reply<RequestView>) -> Result<Exit, Failure> {
    let request = &reply.view;
    let said = Said { human: told(request), quiet: request.id.clone() };
    context.output.data(&reply.raw, said)?;
    Ok(match request.state.as_str() {
        "approved" => Exit::Pass,
        "open" => Exit::Held,
        _ => Exit::No,
    })
}

fn told(request: &RequestView) -> String {
    let headline = format!(
        "request {} for {}@{} in `{}` is {}",
        request.id,
        request.artifact,
        short(&request.commit),
        request.environment,
        request.state,
    );
    let mut text = Lines::of(match request.state.as_str() {
        "approved" => green(&headline),
        "open" => yellow(&headline),
        _ => red(&headline),
    });
    text.add(format_args!(
        "  {} by {} at {}: {}",
        bold("asked"),
        printable(&request.asked_by),
        request.asked_at,
        printable(&request.because),
    ));
    let risk = &request.risk;
    let mut uses = vec![format!("{} data", risk.data)];
    uses.extend(risk.residency.as_ref().map(|region| format!("stays in {region}")));
    uses.extend(risk.affected.as_ref().map(|circle| format!("reaches {circle}")));
    uses.extend(risk.user_facing.then(|| "user-facing".to_owned()));
    uses.extend(risk.affects_people.then(|| "affects people".to_owned()));
    text.add(format_args!("  {}: {} ({} lane)", bold("use"), uses.join(", "), request.lane));
    if !risk.use_case.is_empty() {
        text.add(format_args!("  {}: {}", bold("for"), printable(&risk.use_case)));
    }
    for row in &request.rows {
        text.add(row_told(row));
    }
    for answer in &request.answers {
        text.add(format_args!(
            "  {} by {} ({}) at {}: {}",
            bold(&answer.answer),
            printable(&answer.by),
            answer.role,
            answer.at,
            printable(&answer.comment),
        ));
    }
    for note in &request.notes {
        text.add(format_args!(
            "  {} by {} ({}) at {}: {}",
            bold(&note.kind),
            printable(&note.by),
            note.role,
            note.at,
            printable(&note.text),
        ));
    }
    if let Some(by) = &request.question_by {
        text.add(format_args!(
            "  {}: {} replies to the question of {}: `weighbridge reply {} TEXT`",
            bold("waits for the requester"),
            printable(&request.asked_by),
            printable(by),
            request.id,
        ));
    }
    if !request.missing.is_empty() {
        let waits = request.missing.iter().map(|role| waits_for(request, role));
        let waits = waits.collect::<Vec<_>>().join(", ");
        text.add(format_args!("  {}: {waits}", bold("waits for")));
    }
    if request.missing_files > 0 {
        text.add(format_args!(
            "  {}: {} of {} files are being fetched and examined",
            bold("not here yet"),
            request.missing_files,
            request.files,
        ));
    }
    if let Some(end) = &request.expires_at {
        text.add(format_args!("  {}: {end}", bold("ends")));
    }
    if !request.conditions.is_empty() {
        text.add(format_args!("  {}: {}", bold("on condition"), printable(&request.conditions)));
    }
    if let Some(exceptions) = &request.exceptions {
        super::exceptions::tell(&mut text, exceptions);
    }
    if let Some(evidence) = &request.evidence {
        evidence::tell(&mut text, evidence);
    }
    text.text()
}

/// `  licence: unknown (missing), it declares no licence; legal counsel (compliance-reviewer): …`
fn row_told(row: &CheckView) -> String {
    let told =
        format!("  {}: {} ({}), {}", bold(&row.row), row.answer, row.grade, printable(&row.detail));
    match (&row.attested_by, row.answer.as_str()) {
        (_, "yes") => told,
        (Some(by), _) => format!("{told}; {} answers for it (declared)", printable(by)),
        (None, _) => format!(
            "{told}\n    needed: {}; asked: {} ({})",
            printable(&row.needed),
            printable(&row.called),
            row.role
        ),
    }
}

/// `security-reviewer (sue) until MOMENT, overdue`
fn waits_for(request: &RequestView, role: &str) -> String {
    let mut text = role.to_owned();
    let Some(part) = request.parts.iter().find(|part| part.role == role) else { return text };
    if let Some(person) = &part.assignee {
        text = format!("{text} ({})", printable(person));
    }
    if let Some(due) = &part.due_at {
        text = format!("{text} until {due}");
    }
    if part.escalated_at.is_some() {
        text = format!("{text}, escalated to {}", part.escalates_to);
    } else if part.overdue_at.is_some() {
        text.push_str(", overdue");
    }
    text
}

/// What is awaited from whoever looks: `answer as security-reviewer`, `reply`; `asked` for what they asked.
fn yours(request: &RequestView) -> String {
    match (&request.your_part, &request.your_role) {
        (Some(part), Some(role)) => format!("{part} as {role}"),
        (Some(part), None) => part.clone(),
        (None, _) => String::new(),
    }
}

/// The first moment at which a part is late.
fn due(request: &RequestView) -> Option<&str> {
    let missing = |part: &&PartView| request.missing.contains(&part.role);
    request.parts.iter().filter(missing).filter_map(|part| part.due_at.as_deref()).min()
}

fn short(commit: &str) -> String {
    commit.chars().take(12).collect()
}
