//! `weighbridge source …`: the upstream registries, and how far each is trusted.

mod add;
mod credential;
mod list;
mod pattern;
mod remove;
mod reserve;
mod test;
mod tier;

use clap::Subcommand;
use weighbridge_server::api::sources::SourceView;

use super::Context;
use crate::client::Reply;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

pub(crate) use test::{is_well, probe};

/// Sources.
#[derive(Debug, Subcommand)]
pub(crate) enum Source {
    /// Add a source
    Add(add::Add),
    /// List the sources in the order in which they are asked
    List,
    /// Ask a source whether it is there and knows our credentials
    Test(test::Test),
    /// Trust a source, or some of its repositories, more or less
    Tier(tier::Tier),
    /// Remove a source; what came from it stays on record and is refused
    Remove(remove::Remove),
    /// Give some repositories of a source a tier of their own
    Pattern(pattern::Pattern),
    /// Store or forget the credential for a source; it is read from a file or from stdin
    Credential(credential::Credential),
    /// Reserve names that are ours, so that they never come from a source
    Reserve(reserve::Reserve),
}

/// Runs the command.
pub(crate) async fn run(context: &Context, source: Source) -> Result<Exit, Failure> {
    match source {
        Source::Add(add) => add::run(context, add).await,
        Source::List => list::run(context).await,
        Source::Test(test) => test::run(context, &test).await,
        Source::Tier(tier) => tier::run(context, &tier).await,
        Source::Remove(remove) => remove::run(context, &remove).await,
        Source::Pattern(pattern) => pattern::run(context, &pattern).await,
        Source::Credential(credential) => credential::run(context, credential).await,
        Source::Reserve(reserve) => reserve::run(context, reserve).await,
    }
}

/// Prints what a source is now.
fn say(context: &Context, reply: &Reply<SourceView>, what: &str) -> Result<Exit, Failure> {
    let source = &reply.view;
    let human = format!("{what}\n");
    context.output.data(&reply.raw, Said { human, quiet: source.name.clone() })?;
    Ok(Exit::Pass)
}

/// `1`, `2` or `3`, or the word for it.
fn tier(text: &str) -> Result<u8, String> {
    let tier: weighbridge_domain::Tier =
        text.parse().map_err(|error: weighbridge_domain::UnknownTier| error.to_string())?;
    Ok(tier.number())
}
