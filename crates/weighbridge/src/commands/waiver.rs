//! `weighbridge waiver …`: rules set aside for some artifacts, for a while.

mod grant;
mod list;
mod revoke;

use clap::Subcommand;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Waivers.
#[derive(Debug, Subcommand)]
pub(crate) enum Waiver {
    /// Set a rule aside for some artifacts in one environment
    Grant(grant::Grant),
    /// List the waivers
    List(list::List),
    /// End a waiver before its time
    Revoke(revoke::Revoke),
}

/// Runs the command.
pub(crate) async fn run(context: &Context, waiver: Waiver) -> Result<Exit, Failure> {
    match waiver {
        Waiver::Grant(grant) => grant::run(context, grant).await,
        Waiver::List(list) => list::run(context, &list).await,
        Waiver::Revoke(revoke) => revoke::run(context, &revoke).await,
    }
}
