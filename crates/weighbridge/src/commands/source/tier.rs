//! `weighbridge source tier`.

use clap::Args;
use weighbridge_server::api::sources::{ChangeSource, SetPattern, SourceView};

use super::Context;
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;

/// What `source tier` takes.
#[derive(Debug, Args)]
pub(crate) struct Tier {
    /// Which source
    name: String,
    /// 1 pre-approved, 2 conditional, 3 prohibited
    #[arg(value_name = "1|2|3", value_parser = super::tier)]
    becomes: u8,
    /// Only its repositories that match: `org/*`, `datasets/org/*`
    #[arg(long, value_name = "PATTERN")]
    pattern: Option<String>,
    /// Its turn when several sources are asked, from 1
    #[arg(long, value_name = "N", conflicts_with = "pattern")]
    position: Option<u32>,
}

/// Changes how far a source, or a pattern of it, is trusted.
pub(super) async fn run(context: &Context, change: &Tier) -> Result<Exit, Failure> {
    if let Some(pattern) = &change.pattern {
        return set_pattern(context, &change.name, pattern, change.becomes).await;
    }
    let client = context.client().await?;
    let body = ChangeSource { tier: Some(change.becomes), position: change.position };
    let path = format!("/sources/{}", encoded(&change.name));
    let reply = client.send::<SourceView>(Verb::Patch, &path, Some(&body)).await?;
    let source = &reply.view;
    let what = format!(
        "`{}` is tier {}, {}; it is asked as number {}",
        source.name, source.tier, source.tier_name, source.position
    );
    super::say(context, &reply, &what)
}

/// Gives some repositories of a source a tier of their own.
pub(super) async fn set_pattern(
    context: &Context,
    source: &str,
    pattern: &str,
    tier: u8,
) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let body = SetPattern { pattern: pattern.to_owned(), tier };
    let path = format!("/sources/{}/patterns", encoded(source));
    let reply = client.send::<SourceView>(Verb::Put, &path, Some(&body)).await?;
    super::say(context, &reply, &format!("`{pattern}` of `{source}` is tier {tier}"))
}
