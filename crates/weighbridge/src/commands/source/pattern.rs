//! `weighbridge source pattern`.

use clap::Args;
use serde_json::Value;

use super::Context;
use crate::client::{Verb, encoded, query};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// What `source pattern` takes.
#[derive(Debug, Args)]
pub(crate) struct Pattern {
    /// Which source
    name: String,
    /// Which of its repositories: `org/*`, `datasets/org/*`
    #[arg(value_name = "PATTERN")]
    repositories: String,
    /// 1 pre-approved, 2 conditional, 3 prohibited
    #[arg(
        long,
        value_name = "1|2|3",
        value_parser = super::tier,
        required_unless_present = "remove"
    )]
    tier: Option<u8>,
    /// Let them have the tier of their source again
    #[arg(long, conflicts_with = "tier")]
    remove: bool,
}

/// Gives some repositories a tier of their own, or takes it away.
pub(super) async fn run(context: &Context, pattern: &Pattern) -> Result<Exit, Failure> {
    if let Some(tier) = pattern.tier {
        return super::tier::set_pattern(context, &pattern.name, &pattern.repositories, tier).await;
    }
    let client = context.client().await?;
    let path = format!("/sources/{}/patterns", encoded(&pattern.name));
    let path = query(&path, &[("pattern", Some(&pattern.repositories))]);
    let reply = client.send::<Value>(Verb::Delete, &path, None::<&()>).await?;
    let human = format!("`{}` has the tier of `{}` again", pattern.repositories, pattern.name);
    context.output.data(&reply.raw, Said { human, quiet: pattern.name.clone() })?;
    Ok(Exit::Pass)
}
