//! `weighbridge waiver grant`.

use clap::Args;
use weighbridge_server::api::waivers::{GrantWaiver, WaiverView};

use super::Context;
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;
use crate::when::When;

/// What `waiver grant` takes.
#[derive(Debug, Args)]
pub(crate) struct Grant {
    /// The rule, as refusals name it
    rule: String,
    /// For which artifacts: `acme/tiny-bert` or `acme/*`
    #[arg(long = "on", value_name = "PATTERN")]
    pattern: String,
    /// In which environment
    #[arg(long = "for", visible_alias = "environment", value_name = "ENV")]
    environment: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    because: String,
    /// When it ends: `30d`, `12h`, or a moment in RFC 3339
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    expires: When,
}

/// Grants a waiver.
pub(super) async fn run(context: &Context, grant: Grant) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let body = GrantWaiver {
        rule: grant.rule,
        pattern: grant.pattern,
        environment: grant.environment,
        because: grant.because,
        expires_at: grant.expires.moment().to_string(),
    };
    let reply = client.send::<WaiverView>(Verb::Post, "/waivers", Some(&body)).await?;
    let WaiverView { id, rule, pattern, environment, expires_at, .. } = &reply.view;
    let human = format!(
        "`{rule}` is set aside for `{pattern}` in `{environment}` until {expires_at}: {id}"
    );
    context.output.data(&reply.raw, Said { human, quiet: id.clone() })?;
    Ok(Exit::Pass)
}
