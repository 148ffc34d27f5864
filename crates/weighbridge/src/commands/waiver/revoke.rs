//! `weighbridge waiver revoke`.

use clap::Args;
use serde_json::Value;

use super::Context;
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// What `waiver revoke` takes.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The waiver
    id: String,
}

/// Revokes a waiver.
pub(super) async fn run(context: &Context, revoke: &Revoke) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/waivers/{}", encoded(&revoke.id));
    let reply = client.send::<Value>(Verb::Delete, &path, None::<&()>).await?;
    let human = format!("waiver {} ended; its rule holds again", revoke.id);
    context.output.data(&reply.raw, Said { human, quiet: revoke.id.clone() })?;
    Ok(Exit::Pass)
}
