//! `weighbridge policy history`.

use clap::Args;
use weighbridge_server::api::policy::PolicyVersionView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// What `policy history` takes.
#[derive(Debug, Args)]
pub(crate) struct History {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

/// Lists the versions of the policy.
pub(super) async fn run(context: &Context, history: &History) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = "/policy/versions";
    let reply = client.list::<PolicyVersionView>(path, &[], history.limit).await?;
    let rows = reply.view.iter().map(|version| {
        let settled = match (&version.settled_by, &version.settled_at) {
            (Some(by), Some(at)) => format!("{by} {at}"),
            _ => String::new(),
        };
        let because = match version.restores {
            Some(earlier) => format!("{} (version {earlier} again)", version.because),
            None => version.because.clone(),
        };
        vec![
            version.version.to_string(),
            version.state.clone(),
            format!("{} {}", version.proposed_by, version.proposed_at),
            settled,
            because,
            version.digest.chars().take(12).collect(),
        ]
    });
    let heads = ["version", "state", "proposed", "confirmed or withdrawn", "because", "digest"];
    let human = table(&heads, rows);
    let quiet = column(reply.view.iter().map(|version| version.version));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
