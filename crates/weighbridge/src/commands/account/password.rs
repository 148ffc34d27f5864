//! `weighbridge account password`.

use clap::Args;
use weighbridge_server::api::account::ChangePassword;
use weighbridge_server::api::accounts::{AccountView, SetPassword};

use super::Context;
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::typed;

/// What `account password` takes.
#[derive(Debug, Args)]
pub(crate) struct Password {
    /// Whose account
    name: String,
    /// Change one's own: the present password is asked for first, and no token is needed
    #[arg(long)]
    own: bool,
}

/// Sets a password.
pub(super) async fn run(context: &Context, password: &Password) -> Result<Exit, Failure> {
    if password.own {
        let present = typed::secret("present password")?;
        let body = ChangePassword { password: typed::new_secret("new password")? };
        let client = context.client_of(&password.name, &present).await?;
        client.order(Verb::Put, "/account/password", Some(&body)).await?;
        context.output.talk("changed; every session of the console has ended");
        return Ok(Exit::Pass);
    }
    let client = context.client().await?;
    let body = SetPassword { password: typed::new_secret("new password")? };
    let path = format!("/accounts/{}/password", encoded(&password.name));
    let reply = client.send::<AccountView>(Verb::Put, &path, Some(&body)).await?;
    super::say(context, &reply)
}
