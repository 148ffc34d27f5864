//! `weighbridge source add`.

use clap::Args;
use weighbridge_server::api::sources::{AddSource, SourceView};

use super::Context;
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;

/// What `source add` takes.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What you call it: lower-case letters, digits, `-` and `_`
    name: String,
    /// Where it is
    url: String,
    /// The protocol it speaks
    #[arg(long, default_value = "hub", value_name = "KIND")]
    kind: String,
    /// 1 pre-approved, 2 conditional, 3 prohibited
    #[arg(long, default_value = "2", value_name = "1|2|3", value_parser = super::tier)]
    tier: u8,
    /// Its turn when several sources are asked, from 1 [default: the last]
    #[arg(long, value_name = "N")]
    position: Option<u32>,
}

/// Adds a source.
pub(super) async fn run(context: &Context, add: Add) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let Add { name, url, kind, tier, position } = add;
    let body = AddSource { name, url, kind, tier, position };
    let reply = client.send::<SourceView>(Verb::Post, "/sources", Some(&body)).await?;
    let source = &reply.view;
    let what = format!(
        "added `{}` ({}) as tier {}, {}; it is asked as number {}",
        source.name, source.url, source.tier, source.tier_name, source.position
    );
    super::say(context, &reply, &what)?;
    context.output.talk(&format!("try it with `weighbridge source test {}`", source.name));
    Ok(Exit::Pass)
}
