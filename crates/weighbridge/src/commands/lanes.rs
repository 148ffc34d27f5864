//! `weighbridge lanes …`: the decision table, in TOML.

mod reset;
mod set;
mod show;

use clap::Subcommand;
use weighbridge_server::api::lanes::LanesView;

use super::Context;
use crate::client::Reply;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// The decision table.
#[derive(Debug, Subcommand)]
pub(crate) enum Lanes {
    /// Print the table in force, in TOML
    Show,
    /// Change it: requests made from now on are looked at by the table in FILE
    Set(set::Set),
    /// Put the shipped table back in force
    Reset,
}

/// Runs the command.
pub(crate) async fn run(context: &Context, lanes: Lanes) -> Result<Exit, Failure> {
    match lanes {
        Lanes::Show => show::run(context).await,
        Lanes::Set(set) => set::run(context, &set).await,
        Lanes::Reset => reset::run(context).await,
    }
}

/// Prints a table so that it can be changed and set again.
fn say(context: &Context, reply: &Reply<LanesView>) -> Result<Exit, Failure> {
    let LanesView { digest, shipped, table } = &reply.view;
    let toml = toml::to_string(table)
        .map_err(|error| Failure::new("the table cannot be shown").because(error))?;
    let whose = if *shipped { "as it is shipped" } else { "as it was set here" };
    let human = format!("# The decision table {whose}: sha256:{digest}\n{toml}");
    context.output.data(&reply.raw, Said { human, quiet: digest.clone() })?;
    Ok(Exit::Pass)
}
