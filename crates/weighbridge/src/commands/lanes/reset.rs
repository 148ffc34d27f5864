//! `weighbridge lanes reset`: puts the shipped decision table back in force.

use weighbridge_server::api::lanes::LanesView;

use super::{Context, say};
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;

/// Puts it back.
pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = client.send::<LanesView>(Verb::Delete, "/lanes", None::<&()>).await?;
    say(context, &reply)
}
