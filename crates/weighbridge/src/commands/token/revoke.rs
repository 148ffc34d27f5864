//! `weighbridge token revoke`.

use clap::Args;
use weighbridge_server::api::tokens::TokenView;

use super::Context;
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// What `token revoke` takes.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// Its name or its id
    // Its id may not be `token`: that is the global option.
    #[arg(id = "which", value_name = "NAME|ID")]
    which: String,
    /// One of one's own account: of the personal token, or with `--account`
    #[arg(long)]
    mine: bool,
    /// One of this account, whose password is asked for
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

/// Revokes a token.
pub(super) async fn run(context: &Context, revoke: &Revoke) -> Result<Exit, Failure> {
    let is_own = revoke.mine || revoke.account.is_some();
    let list = if is_own { "/account/tokens" } else { "/tokens" };
    let client = context.client_of_owner(revoke.account.as_deref()).await?;
    let path = format!("{list}/{}", encoded(&revoke.which));
    let reply = client.send::<TokenView>(Verb::Delete, &path, None::<&()>).await?;
    let human = format!("revoked `{}`: it is unknown from now on", reply.view.name);
    context.output.data(&reply.raw, Said { human, quiet: reply.view.id.clone() })?;
    Ok(Exit::Pass)
}
