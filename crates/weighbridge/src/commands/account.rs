//! `weighbridge account …`: people, and what they may do.

mod add;
mod grant;
mod list;
mod password;
mod revoke;
mod sessions;
mod show;
mod state;

use clap::Subcommand;
use weighbridge_server::api::accounts::{AccountView, GrantView};

use super::Context;
use crate::client::Reply;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, bold, red};

/// Accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Make an account
    Add(add::Add),
    /// List the accounts
    List,
    /// Show one account and what it is granted
    Show(show::Show),
    /// Grant a role, for some artifacts, in one environment or in all
    Grant(grant::Grant),
    /// Take a role back
    Revoke(revoke::Revoke),
    /// Disable an account: its sessions and tokens end at once
    Disable(state::Which),
    /// Enable an account again
    Enable(state::Which),
    /// End all of somebody's sessions of the console
    SignOut(state::Which),
    /// Set a password; it is typed, or read from stdin
    Password(password::Password),
    /// List or end one's own sessions of the console
    Sessions(sessions::Sessions),
}

/// Runs the command.
pub(crate) async fn run(context: &Context, account: Account) -> Result<Exit, Failure> {
    match account {
        Account::Add(add) => add::run(context, add).await,
        Account::List => list::run(context).await,
        Account::Show(show) => show::run(context, &show).await,
        Account::Grant(grant) => grant::run(context, grant).await,
        Account::Revoke(revoke) => revoke::run(context, &revoke).await,
        Account::Disable(which) => state::run(context, &which, true).await,
        Account::Enable(which) => state::run(context, &which, false).await,
        Account::SignOut(which) => sessions::sign_out(context, &which).await,
        Account::Password(password) => password::run(context, &password).await,
        Account::Sessions(sessions) => sessions::run(context, &sessions).await,
    }
}

/// Prints what an account is now.
fn say(context: &Context, reply: &Reply<AccountView>) -> Result<Exit, Failure> {
    let account = &reply.view;
    let mut text = Lines::of(format_args!("{} ({})", bold(&account.name), account.display_name));
    if let Some(at) = &account.disabled_at {
        text.add(format_args!("  {} since {at}: it opens nothing", red("disabled")));
    }
    match &account.password_changed_at {
        Some(at) => text.add(format_args!("  password  set {at}")),
        None => text.add("  password  none: it cannot sign in"),
    }
    if account.grants.is_empty() {
        text.add("  granted   nothing");
    }
    for grant in &account.grants {
        text.add(format_args!("  granted   {}  {}", sentence(grant), grant.id));
    }
    context.output.data(&reply.raw, Said { human: text.text(), quiet: account.name.clone() })?;
    Ok(Exit::Pass)
}

/// A grant in words.
fn sentence(grant: &GrantView) -> String {
    let on = if grant.pattern == "**" { "everything" } else { &grant.pattern };
    let place = grant.environment.as_deref().unwrap_or("every environment");
    let gated = if grant.includes_gated { ", gated repositories too" } else { "" };
    format!("{} for {on} in {place}{gated}", grant.role)
}
