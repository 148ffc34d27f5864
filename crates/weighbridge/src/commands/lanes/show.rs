//! `weighbridge lanes show`: prints the decision table in force.

use weighbridge_server::api::lanes::LanesView;

use super::{Context, say};
use crate::exit::Exit;
use crate::failure::Failure;

/// Prints it.
pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    let reply = context.client().await?.get::<LanesView>("/lanes").await?;
    say(context, &reply)
}
