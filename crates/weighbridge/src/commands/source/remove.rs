//! `weighbridge source remove`.

use clap::Args;
use serde_json::Value;

use super::Context;
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// What `source remove` takes.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// Which source
    name: String,
}

/// Removes a source.
pub(super) async fn run(context: &Context, remove: &Remove) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/sources/{}", encoded(&remove.name));
    let reply = client.send::<Value>(Verb::Delete, &path, None::<&()>).await?;
    let human = format!("removed `{}`; what came from it is refused from now on", remove.name);
    context.output.data(&reply.raw, Said { human, quiet: remove.name.clone() })?;
    Ok(Exit::Pass)
}
