//! `weighbridge break-glass …`: rules lifted in an emergency.

use clap::{Args, Subcommand};
use weighbridge_server::api::break_glass::{
    BreakGlassView, CloseBreakGlass, OpenBreakGlass, PulledUnderView,
};

use super::Context;
use crate::client::{Client, Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, red, table};

/// Break-glass.
#[derive(Debug, Subcommand)]
pub(crate) enum BreakGlass {
    /// Lift the rules at gate `use` for some artifacts, for hours
    Open(Open),
    /// Confirm what somebody else opened; from then on it lifts rules
    Confirm(Which),
    /// Close what somebody else opened, with a review
    Close(Close),
    /// List those that are open or that nobody has looked at
    List(List),
    /// Say what was pulled while one lifted rules
    Pulls(Which),
}

/// What `break-glass open` takes.
#[derive(Debug, Args)]
pub(crate) struct Open {
    /// For which artifacts: `acme/tiny-bert` or `acme/*`
    pattern: String,
    /// In which environment
    #[arg(long = "for", visible_alias = "environment", value_name = "ENV")]
    environment: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    because: String,
    /// For how many hours
    #[arg(long = "for-hours", value_name = "N")]
    hours: u64,
}

/// Which break-glass.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its id
    id: String,
}

/// What `break-glass close` takes.
#[derive(Debug, Args)]
pub(crate) struct Close {
    /// Its id
    id: String,
    /// What came through, and what follows from it
    #[arg(long, value_name = "TEXT")]
    because: String,
}

/// What `break-glass list` takes.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Show those that are closed too
    #[arg(long)]
    all: bool,
}

/// Runs the command.
pub(crate) async fn run(context: &Context, command: BreakGlass) -> Result<Exit, Failure> {
    let client = context.client().await?;
    match command {
        BreakGlass::Open(open) => {
            let body = OpenBreakGlass {
                pattern: open.pattern,
                environment: open.environment,
                because: open.because,
                hours: open.hours,
            };
            change(context, &client, "/break-glass", Some(&body)).await
        }
        BreakGlass::Confirm(which) => {
            let path = format!("/break-glass/{}/confirmation", encoded(&which.id));
            change(context, &client, &path, None::<&()>).await
        }
        BreakGlass::Close(close) => {
            let path = format!("/break-glass/{}/review", encoded(&close.id));
            let body = CloseBreakGlass { review: close.because };
            change(context, &client, &path, Some(&body)).await
        }
        BreakGlass::List(given) => list(context, &client, &given).await,
        BreakGlass::Pulls(which) => pulls(context, &client, &which).await,
    }
}

async fn change(
    context: &Context,
    client: &Client,
    path: &str,
    body: Option<&impl serde::Serialize>,
) -> Result<Exit, Failure> {
    let reply = client.send::<BreakGlassView>(Verb::Post, path, body).await?;
    let human = told(&reply.view);
    context.output.data(&reply.raw, Said { human, quiet: reply.view.id.clone() })?;
    Ok(Exit::Pass)
}

async fn list(context: &Context, client: &Client, list: &List) -> Result<Exit, Failure> {
    let mut reply = client.list::<BreakGlassView>("/break-glass", &[], usize::MAX).await?;
    if !list.all {
        reply.retain(|glass| matches!(glass.state.as_str(), "waiting" | "open" | "needs-review"));
    }
    let rows = reply.view.iter().map(|glass| {
        vec![
            glass.state.clone(),
            glass.environment.clone(),
            glass.pattern.clone(),
            glass.opened_by.clone(),
            glass.confirmed_by.clone().unwrap_or_default(),
            glass.expires_at.clone(),
            glass.because.clone(),
            glass.id.clone(),
        ]
    });
    let heads =
        ["state", "environment", "artifacts", "opened by", "confirmed by", "ends", "because", "id"];
    let human =
        if reply.view.is_empty() { "no glass is broken".to_owned() } else { table(&heads, rows) };
    let quiet = column(reply.view.iter().map(|glass| &glass.id));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}

async fn pulls(context: &Context, client: &Client, which: &Which) -> Result<Exit, Failure> {
    let path = format!("/break-glass/{}/pulls", encoded(&which.id));
    let reply = client.get::<PulledUnderView>(&path).await?;
    let rows = reply.view.pulls.iter().map(|pull| {
        vec![
            format!("{}@{}", pull.artifact, pull.commit.chars().take(12).collect::<String>()),
            pull.by.clone(),
            pull.downloads.to_string(),
            pull.last_at.clone(),
        ]
    });
    let heads = ["revision", "by", "files", "last"];
    let human = if reply.view.pulls.is_empty() {
        "nothing was pulled".to_owned()
    } else {
        table(&heads, rows)
    };
    let revisions =
        reply.view.pulls.iter().map(|pull| format!("{}@{}", pull.artifact, pull.commit));
    context.output.data(&reply.raw, Said { human, quiet: column(revisions) })?;
    Ok(Exit::Pass)
}

/// One break-glass in a sentence, and the next step.
pub(super) fn told(glass: &BreakGlassView) -> String {
    let BreakGlassView { id, state, pattern, environment, opened_by, expires_at, .. } = glass;
    let scope = format!("`{pattern}` in `{environment}`");
    match state.as_str() {
        "waiting" => format!(
            "{}: it does nothing for {scope} until somebody other than `{opened_by}` confirms it: \
             `weighbridge break-glass confirm {id}`",
            red("waiting")
        ),
        "open" => format!(
            "{}: rules are lifted for {scope} until {expires_at}; somebody other than `{opened_by}` \
             closes it: `weighbridge break-glass close {id} --because …`",
            red("open")
        ),
        "needs-review" => format!(
            "{}: rules were lifted for {scope} until {expires_at}; somebody other than `{opened_by}` \
             looks at what came through: `weighbridge break-glass close {id} --because …`",
            red("needs review")
        ),
        state => format!("{state}: rules hold for {scope} again ({id})"),
    }
}
