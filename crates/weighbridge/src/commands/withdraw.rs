//! `weighbridge withdraw`: takes a request back.

use clap::Args;
use weighbridge_server::api::requests::RequestView;

use super::{Context, requests};
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;

/// What `withdraw` takes.
#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    /// The request
    id: String,
}

/// Takes a request back.
pub(crate) async fn run(context: &Context, withdraw: &Withdraw) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/requests/{}/withdrawal", encoded(&withdraw.id));
    let reply = client.send::<RequestView>(Verb::Post, &path, None::<&()>).await?;
    requests::say(context, &reply)
}
