//! `weighbridge policy confirm`.

use clap::Args;
use weighbridge_server::api::policy::PolicyVersionView;

use super::Context;
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// What `policy confirm` takes.
#[derive(Debug, Args)]
pub(crate) struct Confirm {
    /// The version
    #[arg(value_name = "VERSION")]
    number: u64,
}

/// Confirms a proposed policy.
pub(super) async fn run(context: &Context, confirm: &Confirm) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/policy/versions/{}/confirmation", confirm.number);
    let reply = client.send::<PolicyVersionView>(Verb::Post, &path, None::<&()>).await?;
    let human = format!(
        "version {} decides from now on; `weighbridge policy activate {}` proposes to go back",
        reply.view.version, reply.view.base
    );
    let quiet = reply.view.version.to_string();
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
