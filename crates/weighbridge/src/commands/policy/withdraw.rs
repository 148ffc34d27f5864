//! `weighbridge policy withdraw`.

use clap::Args;
use weighbridge_server::api::policy::PolicyVersionView;

use super::Context;
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// What `policy withdraw` takes.
#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    /// The version
    #[arg(value_name = "VERSION")]
    number: u64,
}

/// Withdraws a proposed policy.
pub(super) async fn run(context: &Context, withdraw: &Withdraw) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/policy/versions/{}", withdraw.number);
    let reply = client.send::<PolicyVersionView>(Verb::Delete, &path, None::<&()>).await?;
    let human = format!("version {} is withdrawn; what decided goes on deciding", withdraw.number);
    let quiet = reply.view.version.to_string();
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
