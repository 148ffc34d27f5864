//! `weighbridge doctor`: checks what Weighbridge stands on, and says what to do.

mod clock;
mod disk;
mod own_rules;
mod sandbox;
mod sources;

use clap::Args;
use serde::Serialize;
use weighbridge_server::api::status::StatusView;

use super::Context;
use crate::client::Client;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, column, green, red, yellow};

/// What `doctor` takes.
#[derive(Debug, Args)]
pub(crate) struct Doctor {}

/// What one check found.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    /// What was looked at.
    #[serde(rename = "check")]
    about: String,
    level: Level,
    /// What was seen.
    detail: String,
    /// What to do.
    hint: Option<String>,
}

/// How well it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Well,
    Warning,
    Bad,
}

impl Check {
    fn well(about: &str, detail: impl Into<String>) -> Check {
        Check { about: about.to_owned(), level: Level::Well, detail: detail.into(), hint: None }
    }

    fn warning(about: &str, detail: impl Into<String>, hint: impl Into<String>) -> Check {
        let hint = Some(hint.into());
        Check { about: about.to_owned(), level: Level::Warning, detail: detail.into(), hint }
    }

    fn bad(about: &str, detail: impl Into<String>, hint: impl Into<String>) -> Check {
        Check { level: Level::Bad, ..Check::warning(about, detail, hint) }
    }
}

/// Runs every check. A bad one makes the answer no.
pub(crate) async fn run(context: &Context) -> Result<Exit, Failure> {
    let is_here = context.global.server.is_none();
    let mut checks = Vec::new();
    if is_here {
        checks.extend(disk::checks(&context.loaded.config));
        checks.push(sandbox::check());
        checks.push(own_rules::check());
    }
    checks.push(clock::year());
    if is_here && !context.loaded.config.data.join("keys").exists() {
        let detail = "there is no instance yet: the first `weighbridge serve` makes it";
        checks.push(Check::well("database", detail));
    } else {
        match context.client().await {
            Ok(client) => instance(&client, &mut checks).await,
            Err(failure) => checks.push(failed("database", &failure)),
        }
    }
    let human = column(checks.iter().map(shown));
    let bad: Vec<&Check> = checks.iter().filter(|check| check.level == Level::Bad).collect();
    let quiet = column(bad.iter().map(|check| &check.about));
    let exit = if bad.is_empty() { Exit::Pass } else { Exit::No };
    context.output.data(&checks, Said { human, quiet })?;
    Ok(exit)
}

async fn instance(client: &Client, checks: &mut Vec<Check>) {
    match client.get::<StatusView>("/status").await {
        Ok(reply) => {
            let entries = reply.view.ledger.entries;
            let how = match client.server_url() {
                Some(url) => format!("the server at {url} answers"),
                None => "it opens, and no server runs".to_owned(),
            };
            checks
                .push(Check::well("database", format!("{how}; the ledger has {entries} entries")));
        }
        Err(failure) => {
            checks.push(failed("database", &failure));
            return;
        }
    }
    checks.extend(clock::against_ledger(client).await);
    checks.extend(sources::checks(client).await);
}

/// A check that could not be made.
fn failed(check: &str, failure: &Failure) -> Check {
    let reasons = failure.reasons().join("; ");
    let detail = match reasons.as_str() {
        "" => failure.what().to_owned(),
        reasons => format!("{}: {reasons}", failure.what()),
    };
    // A hint that leads back here would lead in a circle.
    let hint = failure.next_step().filter(|hint| !hint.contains("doctor"));
    let hint =
        hint.unwrap_or("look at the log of the server, and at the rights on the data directory");
    Check::bad(check, detail, hint)
}

fn shown(check: &Check) -> String {
    let word = match check.level {
        Level::Well => green("well   "),
        Level::Warning => yellow("warning"),
        Level::Bad => red("bad    "),
    };
    let mut text = Lines::of(format_args!("{word}  {}: {}", check.about, check.detail));
    if let Some(hint) = &check.hint {
        text.add(format_args!("         hint: {hint}"));
    }
    text.text()
}
