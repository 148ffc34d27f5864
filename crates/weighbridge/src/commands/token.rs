//! `weighbridge token …`: who may pull, for which environment.

mod create;
mod list;
mod revoke;

use clap::Subcommand;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token; it is shown once
    Create(create::Create),
    /// List the tokens
    List(list::List),
    /// Revoke a token: it is unknown from now on
    Revoke(revoke::Revoke),
}

/// Runs the command.
pub(crate) async fn run(context: &Context, token: Token) -> Result<Exit, Failure> {
    match token {
        Token::Create(create) => create::run(context, create).await,
        Token::List(list) => list::run(context, &list).await,
        Token::Revoke(revoke) => revoke::run(context, &revoke).await,
    }
}
