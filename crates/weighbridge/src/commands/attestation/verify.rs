//! `weighbridge attestation verify`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use weighbridge_engine::{ATTESTATION_KEY_FILE, ExportError, verify_attested};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, counted, green, printable, red};

/// What `attestation verify` takes.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A directory that `attestation export` made
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The public key that has to have signed it, as its operator published it; several times for several
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
}

/// Verifies exported attestations, from their files alone.
pub(super) fn run(context: &Context, verify: &Verify) -> Result<Exit, Failure> {
    let inside = vec![verify.folder.join(ATTESTATION_KEY_FILE)];
    let files = if verify.keys.is_empty() { &inside } else { &verify.keys };
    let mut keys = Vec::new();
    for file in files {
        keys.push(std::fs::read_to_string(file).map_err(|error| {
            Failure::new(format!("`{}` cannot be read", file.display())).because(error)
        })?);
    }
    let (raw, human, exit) = match verify_attested(&verify.folder, &keys) {
        Ok(report) => {
            let mut human = Lines::of(format!(
                "{}: {} about the manifest {} of {}",
                green("verified"),
                counted(report.verified.len() as u64, "envelope"),
                report.manifest,
                counted(report.files, "file"),
            ));
            for envelope in &report.verified {
                let result = envelope.result.as_deref().unwrap_or_default();
                let line = format!("  {} {result}", envelope.predicate_type);
                human.add(printable(line.trim_end()));
            }
            for digest in &report.unknown {
                human.add(format_args!("  not verified, no key for it was given: {digest}"));
            }
            if verify.keys.is_empty() {
                human.add(
                    "  hint: compare the key with the one its operator published, or give `--key`",
                );
            }
            let verified = report.verified.iter().map(|envelope| {
                json!({
                    "digest": envelope.digest.to_string(), "keyids": envelope.keyids,
                    "predicate_type": envelope.predicate_type, "result": envelope.result,
                })
            });
            let raw = json!({
                "is_verified": true, "manifest": report.manifest.to_string(),
                "files": report.files, "envelopes": verified.collect::<Vec<_>>(),
                "unknown": report.unknown.iter().map(ToString::to_string).collect::<Vec<_>>(),
            });
            (raw, human.text(), Exit::Pass)
        }
        Err(error @ ExportError::Fault { .. }) => {
            let raw = json!({ "is_verified": false, "fault": error.to_string() });
            (raw, format!("{}: {}", red("not verified"), printable(&error.to_string())), Exit::No)
        }
        Err(error) => return Err(Failure::new("the export cannot be verified").because(error)),
    };
    let quiet = if exit == Exit::Pass { "verified" } else { "not verified" };
    context.output.data(&raw, Said { human, quiet: quiet.to_owned() })?;
    Ok(exit)
}
