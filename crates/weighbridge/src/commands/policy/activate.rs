//! `weighbridge policy activate`: one half of a change; somebody else confirms it.

use clap::Args;
use weighbridge_server::api::policy::{ProposePolicy, ProposedView};

use super::Context;
use super::simulate::told;
use super::source::Source;
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said};

/// What `policy activate` takes.
#[derive(Debug, Args)]
pub(crate) struct Activate {
    /// A folder, the number of an earlier version, or `config`: then the configuration is in charge again
    #[arg(value_name = "DIR|VERSION|config", value_parser = Source::parse)]
    policy: Source,
    /// Why
    #[arg(long, value_name = "TEXT")]
    because: String,
    /// Over how many days of pulls it is tried out
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u32,
}

/// Proposes a policy.
pub(super) async fn run(context: &Context, activate: &Activate) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let body = ProposePolicy {
        source: activate.policy.view()?,
        because: activate.because.clone(),
        days: Some(activate.days),
    };
    let path = "/policy/versions";
    let reply = client.send::<ProposedView>(Verb::Post, path, Some(&body)).await?;
    let number = reply.view.version.version;
    let mut human = Lines::of(told(&reply.view.simulation));
    human.add(format_args!(
        "\nversion {number} is proposed; it decides when somebody else, an administrator or a \
         security-reviewer, runs `weighbridge policy confirm {number}`"
    ));
    context.output.data(&reply.raw, Said { human: human.text(), quiet: number.to_string() })?;
    Ok(Exit::Pass)
}
