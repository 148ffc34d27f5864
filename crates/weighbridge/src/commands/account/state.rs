//! `weighbridge account disable` and `enable`.

use clap::Args;
use weighbridge_server::api::accounts::{AccountView, ChangeAccount};

use super::Context;
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;

/// What both take.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Which account
    pub(super) name: String,
}

/// Disables or enables an account.
pub(super) async fn run(context: &Context, which: &Which, disabled: bool) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/accounts/{}", encoded(&which.name));
    let body = ChangeAccount { disabled };
    let reply = client.send::<AccountView>(Verb::Patch, &path, Some(&body)).await?;
    super::say(context, &reply)
}
