//! `weighbridge trust remove`.

use clap::Args;
use serde_json::Value;

use super::Context;
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// What `trust remove` takes.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// What the key is called
    name: String,
}

/// Trusts a key no longer.
pub(super) async fn run(context: &Context, remove: &Remove) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/trusted-keys/{}", encoded(&remove.name));
    let reply = client.send::<Value>(Verb::Delete, &path, None::<&()>).await?;
    let human = format!("`{}` is trusted no longer", remove.name);
    context.output.data(&reply.raw, Said { human, quiet: remove.name.clone() })?;
    Ok(Exit::Pass)
}
