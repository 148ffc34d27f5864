//! `weighbridge account show`.

use clap::Args;
use weighbridge_server::api::accounts::AccountView;

use super::Context;
use crate::client::encoded;
use crate::exit::Exit;
use crate::failure::Failure;

/// What `account show` takes.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Which account
    name: String,
}

/// Shows an account.
pub(super) async fn run(context: &Context, show: &Show) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = client.get::<AccountView>(&format!("/accounts/{}", encoded(&show.name))).await?;
    super::say(context, &reply)
}
