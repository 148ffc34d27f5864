//! `weighbridge requests`: what was asked for, and where it stands.

use clap::Args;
use weighbridge_server::api::requests::RequestView;

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
    /// Only those I made
    #[arg(long, conflicts_with = "id")]
    mine: bool,
    /// Only those that stand there
    #[arg(long, value_parser = ["open", "approved", "rejected", "withdrawn"], conflicts_with = "id")]
    state: Option<String>,
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
    let parameters = [("state", requests.state.as_deref()), ("mine", mine)];
    let reply = client.list::<RequestView>("/requests", &parameters, requests.limit).await?;
    let rows = reply.view.iter().map(|request| {
        vec![
            request.id.clone(),
            request.state.clone(),
            request.environment.clone(),
            format!("{}@{}", request.artifact, short(&request.commit)),
            request.asked_by.clone(),
            request.missing.join(", "),
        ]
    });
    let human = table(&["id", "state", "environment", "revision", "asked by", "waits for"], rows);
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
    uses.extend(risk.user_facing.then(|| "user-facing".to_owned()));
    uses.extend(risk.affects_people.then(|| "affects people".to_owned()));
    text.add(format_args!("  {}: {} ({} lane)", bold("use"), uses.join(", "), request.lane));
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
    if !request.missing.is_empty() {
        text.add(format_args!("  {}: {}", bold("waits for"), request.missing.join(", ")));
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
    text.text()
}

fn short(commit: &str) -> String {
    commit.chars().take(12).collect()
}
