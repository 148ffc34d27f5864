//! `weighbridge webhook …`: whom to tell about what.

mod add;
mod change;
mod deliveries;
mod list;
mod test;

use clap::{Args, Subcommand};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Receivers of signed messages about what happens.
#[derive(Debug, Subcommand)]
pub(crate) enum Webhook {
    /// Add a receiver; its secret is shown once
    Add(add::Add),
    /// List the receivers, and how far their messages are
    List,
    /// Send a message now, and tell what came back
    Test(Which),
    /// Tell a receiver nothing from now on
    Disable(Which),
    /// Tell it again what happens from now on
    Enable(Which),
    /// Make a new secret; for a day the one before signs beside it
    Rotate(Which),
    /// Remove a receiver, and everything that was on its way to it
    Remove(Which),
    /// List what a receiver was told and what waits, the newest first
    Deliveries(deliveries::Deliveries),
}

/// Which receiver.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its name or id
    name: String,
}

/// Runs the command.
pub(crate) async fn run(context: &Context, webhook: Webhook) -> Result<Exit, Failure> {
    match webhook {
        Webhook::Add(add) => add::run(context, add).await,
        Webhook::List => list::run(context).await,
        Webhook::Test(which) => test::run(context, &which).await,
        Webhook::Disable(which) => change::enable(context, &which, false).await,
        Webhook::Enable(which) => change::enable(context, &which, true).await,
        Webhook::Rotate(which) => change::rotate(context, &which).await,
        Webhook::Remove(which) => change::remove(context, &which).await,
        Webhook::Deliveries(deliveries) => deliveries::run(context, &deliveries).await,
    }
}
