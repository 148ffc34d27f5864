//! `weighbridge attestation show`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::Value;

use super::Context;
use crate::client::{encoded, query};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, printable};

/// What `attestation show` takes.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// SHA-256 of the envelope, as `attestation list` shows it
    digest: String,
    /// As a Sigstore bundle v0.3
    #[arg(long)]
    sigstore: bool,
    /// Only what it says, decoded
    #[arg(long, conflicts_with = "sigstore")]
    statement: bool,
}

/// Shows an envelope.
pub(super) async fn run(context: &Context, show: &Show) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let form = if show.sigstore { "sigstore" } else { "dsse" };
    let path = format!("/attestations/{}", encoded(&show.digest));
    let bytes = client.file(&query(&path, &[("form", Some(form))])).await?;
    let strange =
        |error: serde_json::Error| Failure::new("the envelope cannot be read").because(error);
    let raw: Value = serde_json::from_slice(&bytes).map_err(strange)?;
    if show.statement {
        let payload = raw.get("payload").and_then(Value::as_str).unwrap_or_default();
        let payload = STANDARD
            .decode(payload)
            .map_err(|error| Failure::new("the envelope cannot be read").because(error))?;
        let statement: Value = serde_json::from_slice(&payload).map_err(strange)?;
        let human = serde_json::to_string_pretty(&statement).map_err(strange)?;
        context.output.data(&statement, Said { quiet: human.clone(), human })?;
        return Ok(Exit::Pass);
    }
    // Byte for byte, so that its SHA-256 is the name it has in the ledger.
    let text = printable(&String::from_utf8_lossy(&bytes));
    context.output.data(&raw, Said { quiet: text.clone(), human: text })?;
    Ok(Exit::Pass)
}
