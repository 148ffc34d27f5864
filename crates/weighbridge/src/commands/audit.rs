//! `weighbridge audit …`: the ledger.

mod downloads;
mod tail;
mod verify;

use clap::Subcommand;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// The ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Show the last entries of the ledger, the oldest of them first
    Tail(tail::Tail),
    /// Hash the whole ledger anew and compare it with every signed checkpoint
    Verify,
    /// List who was served what, the newest first
    Downloads(downloads::Downloads),
}

/// Runs the command.
pub(crate) async fn run(context: &Context, audit: Audit) -> Result<Exit, Failure> {
    match audit {
        Audit::Tail(tail) => tail::run(context, &tail).await,
        Audit::Verify => verify::run(context).await,
        Audit::Downloads(downloads) => downloads::run(context, &downloads).await,
    }
}
