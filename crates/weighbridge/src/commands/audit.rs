//! `weighbridge audit …`: the ledger.

mod downloads;
mod erase;
pub(crate) mod export;
mod receipt;
mod stream;
mod tail;
mod verify;
mod witness;

use clap::Subcommand;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// The ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Show the last entries of the ledger, the oldest of them first
    Tail(tail::Tail),
    /// Write the ledger to stdout, one line of JSON an entry, and go on as it grows
    Stream(stream::Stream),
    /// Hash the whole ledger anew and compare it with what was signed: here, or in an exported directory
    Verify(verify::Verify),
    /// Copy the ledger into a directory that anybody can verify without us (C2SP tlog-tiles)
    Export(export::Export),
    /// Get what proves one entry, offline; or verify one that somebody shows
    Receipt(receipt::Receipt),
    /// Take bodies out of the ledger, by age or by person; leaves, proofs and receipts stay
    Erase(erase::Erase),
    /// Say who cosigns whose ledger
    #[command(subcommand)]
    Witness(witness::Witness),
    /// List who was served what, the newest first
    Downloads(downloads::Downloads),
}

/// Runs the command.
pub(crate) async fn run(context: &Context, audit: Audit) -> Result<Exit, Failure> {
    match audit {
        Audit::Tail(tail) => tail::run(context, &tail).await,
        Audit::Stream(stream) => stream::run(context, &stream).await,
        Audit::Verify(verify) => verify::run(context, &verify).await,
        Audit::Receipt(receipt) => receipt::run(context, &receipt).await,
        Audit::Export(export) => export::run(context, &export).await,
        Audit::Erase(erase) => erase::run(context, erase).await,
        Audit::Witness(witness) => witness::run(context, witness).await,
        Audit::Downloads(downloads) => downloads::run(context, &downloads).await,
    }
}
