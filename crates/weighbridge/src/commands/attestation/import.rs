//! `weighbridge attestation import`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use weighbridge_server::api::attestations::ImportedView;

use super::Context;
use crate::client::query;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, column};

/// What `attestation import` takes.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// About which revision: `acme/tiny-bert@main`
    #[arg(value_name = "REF")]
    reference: String,
    /// DSSE envelopes, or Sigstore bundles with one
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Gives envelopes of others, one after the other; the first that is refused ends it.
pub(super) async fn run(context: &Context, import: &Import) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = query("/revision/attestations", &[("ref", Some(&import.reference))]);
    let (mut human, mut raw, mut digests) = (Lines::default(), Vec::new(), Vec::new());
    for file in &import.files {
        let shown = file.display();
        let bytes = std::fs::read(file)
            .map_err(|error| Failure::new(format!("`{shown}` cannot be read")).because(error))?;
        let reply = client
            .give::<ImportedView>(&path, bytes)
            .await
            .map_err(|failure| failure.because(format!("`{shown}` was not taken")))?;
        let ImportedView { attestation, was_known } = &reply.view;
        let word = if *was_known { "was here already" } else { "was taken" };
        human.add(format_args!(
            "`{}`, {}, signed by `{}`, {word}: {}",
            attestation.predicate_type,
            attestation.grade,
            super::list::by(attestation),
            attestation.digest,
        ));
        digests.push(attestation.digest.clone());
        raw.push(reply.raw);
    }
    let said = Said { human: human.text(), quiet: column(digests) };
    context.output.data(&Value::Array(raw), said)?;
    Ok(Exit::Pass)
}
