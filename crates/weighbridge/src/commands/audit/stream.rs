//! `weighbridge audit stream`.

use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::Context;
use crate::client::{Client, query};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Lines that are asked for at once while nobody follows.
const BATCH: u64 = 1_000;
/// The pause before a server that went away is asked again.
const PAUSE: Duration = Duration::from_secs(2);

/// What `audit stream` takes.
#[derive(Debug, Args)]
pub(crate) struct Stream {
    /// Only what comes after this position
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,
    /// Go on with what is written from now on, until it is stopped
    #[arg(long, short = 'f')]
    follow: bool,
}

/// The one thing in a line that has to be understood.
#[derive(Deserialize)]
struct Line {
    position: u64,
}

/// Writes the ledger to stdout, one line of JSON an entry, whatever the format.
pub(super) async fn run(context: &Context, stream: &Stream) -> Result<Exit, Failure> {
    let client = context.client().await?;
    if stream.follow && client.server_url().is_none() {
        return Err(Failure::new("nothing grows while no server runs")
            .hint("start one with `weighbridge serve`, or leave `--follow` out"));
    }
    let mut after = stream.after;
    loop {
        let (came, read) = piece(&client, &mut after, stream.follow).await;
        match (read, stream.follow) {
            (Ok(true), true) => {}
            (Ok(true), false) if came == BATCH => {}
            (Ok(_), _) => return Ok(Exit::Pass),
            (Err(failure), false) => return Err(failure),
            // A server that is started again is followed again, from where it was.
            (Err(failure), true) => {
                context.output.talk(&format!("{}; trying again", failure.what()));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Reads one answer; tells how many lines came, and whether anybody still reads ours.
async fn piece(
    client: &Client,
    after: &mut Option<u64>,
    follow: bool,
) -> (u64, Result<bool, Failure>) {
    let (from, limit) = (after.map(|after| after.to_string()), BATCH.to_string());
    let (follow, limit) = if follow { (Some("true"), None) } else { (None, Some(limit.as_str())) };
    let parameters = [("after", from.as_deref()), ("follow", follow), ("limit", limit)];
    let mut came = 0;
    let path = query("/audit/stream", &parameters);
    let read = client.lines(&path, |line| {
        let Line { position } = serde_json::from_str(line)
            .map_err(|error| Failure::new("a line cannot be read").because(error))?;
        came += 1;
        *after = Some(position);
        output::line(line)
    });
    let read = read.await;
    (came, read)
}
