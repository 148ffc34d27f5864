//! `weighbridge trust …`: whose attestations are taken.

mod add;
mod list;
mod remove;

use clap::Subcommand;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Keys of others.
#[derive(Debug, Subcommand)]
pub(crate) enum Trust {
    /// Trust a key for some types of statements about some artifacts
    Add(add::Add),
    /// List the keys that are trusted
    List,
    /// Trust a key no longer: what it signed stays on record, and no longer counts
    Remove(remove::Remove),
}

/// Runs the command.
pub(crate) async fn run(context: &Context, trust: Trust) -> Result<Exit, Failure> {
    match trust {
        Trust::Add(add) => add::run(context, add).await,
        Trust::List => list::run(context).await,
        Trust::Remove(remove) => remove::run(context, &remove).await,
    }
}
