//! `weighbridge audit receipt`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use weighbridge_engine::{verify_cosigned, verify_receipt};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, green, printable, red};

/// What `audit receipt` takes.
#[derive(Debug, Args)]
pub(crate) struct Receipt {
    /// The place of the entry in the ledger, as `audit tail` shows it
    #[arg(required_unless_present = "verify")]
    position: Option<u64>,
    /// Verify this receipt instead; needs neither a server nor a network
    #[arg(long, value_name = "FILE", conflicts_with = "position", requires = "key")]
    verify: Option<PathBuf>,
    /// The public key that has to have signed it, as its operator published it
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The public key of a witness that has to have cosigned it
    #[arg(long, value_name = "KEY", requires = "verify")]
    witness: Option<String>,
}

/// Gets a receipt, or verifies one.
pub(super) async fn run(context: &Context, receipt: &Receipt) -> Result<Exit, Failure> {
    if let (Some(file), Some(key)) = (&receipt.verify, &receipt.key) {
        let text = std::fs::read_to_string(file).map_err(|error| {
            Failure::new(format!("`{}` cannot be read", file.display())).because(error)
        })?;
        return verify(context, &text, key, receipt.witness.as_deref());
    }
    let position = receipt.position.unwrap_or_default();
    let client = context.client().await?;
    let bytes = client.file(&format!("/audit/entries/{position}/receipt")).await?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let said = Said { human: text.trim_end().to_owned(), quiet: text.trim_end().to_owned() };
    context.output.data(&json!({ "position": position, "receipt": text }), said)?;
    Ok(Exit::Pass)
}

fn verify(
    context: &Context,
    text: &str,
    key: &str,
    witness: Option<&str>,
) -> Result<Exit, Failure> {
    let note = text.split_once("\n\n").map_or("", |(_, note)| note);
    let doubt = witness.and_then(|witness| verify_cosigned(note, witness).err());
    let proved = match doubt {
        Some(error) => Err(error.to_string()),
        None => verify_receipt(text, key).map_err(|error| error.to_string()),
    };
    let (raw, human, exit) = match proved {
        Ok(report) => {
            let entry: Value = serde_json::from_str(&report.entry).unwrap_or_default();
            let human = format!(
                "{}: entry {} of a log of {} entries\n  {}",
                green("proved"),
                report.position,
                report.size,
                printable(&report.entry),
            );
            let raw = json!({
                "is_proved": true, "position": report.position, "size": report.size, "entry": entry,
            });
            (raw, human, Exit::Pass)
        }
        Err(error) => {
            let raw = json!({ "is_proved": false, "fault": error });
            (raw, format!("{}: {error}", red("not proved")), Exit::No)
        }
    };
    let quiet = if exit == Exit::Pass { "proved" } else { "not proved" };
    context.output.data(&raw, Said { human, quiet: quiet.to_owned() })?;
    Ok(exit)
}
