//! `weighbridge account add`.

use clap::Args;
use weighbridge_server::api::accounts::{AccountView, AddAccount};

use super::Context;
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;

/// What `account add` takes.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Who it is in the ledger: it never changes and is never given to somebody else
    name: String,
    /// What people call them [default: the name]
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
}

/// Makes an account.
pub(super) async fn run(context: &Context, add: Add) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let body = AddAccount { name: add.name, display_name: add.display_name };
    let reply = client.send::<AccountView>(Verb::Post, "/accounts", Some(&body)).await?;
    let name = reply.view.name.clone();
    super::say(context, &reply)?;
    context.output.talk(&format!(
        "next: `weighbridge account password {name}` and `weighbridge account grant {name} --role ROLE`"
    ));
    Ok(Exit::Pass)
}
