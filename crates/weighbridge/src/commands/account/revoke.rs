//! `weighbridge account revoke`.

use clap::Args;
use weighbridge_server::api::accounts::AccountView;

use super::Context;
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;

/// What `account revoke` takes.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// Whose account
    name: String,
    /// Which grant: `account show` lists them
    grant: String,
}

/// Takes a role back.
pub(super) async fn run(context: &Context, revoke: &Revoke) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/accounts/{}/grants/{}", encoded(&revoke.name), encoded(&revoke.grant));
    let reply = client.send::<AccountView>(Verb::Delete, &path, None::<&()>).await?;
    super::say(context, &reply)
}
