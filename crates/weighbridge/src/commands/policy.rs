//! `weighbridge policy …`: the rules, as text and switches: shown, checked, tried out, changed by two.

mod activate;
mod check;
mod confirm;
mod diff;
mod export;
mod folder;
mod history;
mod page;
mod show;
mod simulate;
mod source;
mod test;
mod withdraw;

use clap::Subcommand;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// The policy.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Show the rules, and how every environment takes them
    Show(show::Show),
    /// Read a policy, and say what is wrong with it; needs no server
    Check(check::Check),
    /// Run the tests of own rules; needs no server
    Test(test::Test),
    /// Say what a policy would have done to everything on record, and to the pulls of the last days
    Simulate(simulate::Simulate),
    /// Say what differs between two policies
    Diff(diff::Diff),
    /// Propose a policy; it is tried out, and decides when somebody else confirms it
    Activate(activate::Activate),
    /// Confirm a policy that somebody else proposed: it decides from then on
    Confirm(confirm::Confirm),
    /// Take a proposed policy back, or refuse it
    Withdraw(withdraw::Withdraw),
    /// List the versions there are and were: who, when, why
    History(history::History),
    /// Write a version into a folder
    Export(export::Export),
    /// Print what may be used, in words, for people who read no Rego
    Page(page::Page),
    /// Print the prohibited sources, for firewalls and proxies
    BlockList,
}

/// Runs the command.
pub(crate) async fn run(context: &Context, policy: Policy) -> Result<Exit, Failure> {
    match policy {
        Policy::Show(show) => show::run(context, &show).await,
        Policy::Check(check) => check::run(context, &check),
        Policy::Test(test) => test::run(context, &test),
        Policy::Simulate(simulate) => simulate::run(context, &simulate).await,
        Policy::Diff(diff) => diff::run(context, &diff).await,
        Policy::Activate(activate) => activate::run(context, &activate).await,
        Policy::Confirm(confirm) => confirm::run(context, &confirm).await,
        Policy::Withdraw(withdraw) => withdraw::run(context, &withdraw).await,
        Policy::History(history) => history::run(context, &history).await,
        Policy::Export(export) => export::run(context, &export).await,
        Policy::Page(page) => page::run(context, &page).await,
        Policy::BlockList => page::block_list(context).await,
    }
}
