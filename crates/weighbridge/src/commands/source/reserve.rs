//! `weighbridge source reserve`.

use clap::Args;
use serde_json::Value;
use weighbridge_server::api::reserved_names::{ReserveName, ReservedNameView};

use super::Context;
use crate::client::{Verb, query};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// What `source reserve` takes.
#[derive(Debug, Args)]
pub(crate) struct Reserve {
    /// Which names: `acme/*`; without it, the reserved names are listed
    pattern: Option<String>,
    /// Why they are ours: people read it when they are refused
    #[arg(long, value_name = "TEXT", default_value = "the name is ours")]
    reason: String,
    /// Give the names up
    #[arg(long, requires = "pattern")]
    remove: bool,
}

/// Reserves names, gives them up, or lists them.
pub(super) async fn run(context: &Context, reserve: Reserve) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let Some(pattern) = reserve.pattern else {
        let reply = client.list::<ReservedNameView>("/reserved-names", &[], usize::MAX).await?;
        let rows = reply
            .view
            .iter()
            .map(|name| vec![name.pattern.clone(), name.reason.clone(), name.created_at.clone()]);
        let human = if reply.view.is_empty() {
            "no name is reserved".to_owned()
        } else {
            table(&["pattern", "reason", "since"], rows)
        };
        let quiet = column(reply.view.iter().map(|name| &name.pattern));
        context.output.data(&reply.raw, Said { human, quiet })?;
        return Ok(Exit::Pass);
    };
    let (raw, human) = if reserve.remove {
        let path = query("/reserved-names", &[("pattern", Some(&pattern))]);
        let reply = client.send::<Value>(Verb::Delete, &path, None::<&()>).await?;
        (reply.raw, format!("`{pattern}` may come from a source again"))
    } else {
        let body = ReserveName { pattern: pattern.clone(), reason: reserve.reason };
        let reply = client.send::<Value>(Verb::Post, "/reserved-names", Some(&body)).await?;
        (reply.raw, format!("`{pattern}` is ours; it never comes from a source"))
    };
    context.output.data(&raw, Said { human, quiet: pattern })?;
    Ok(Exit::Pass)
}
