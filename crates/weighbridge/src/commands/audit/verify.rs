//! `weighbridge audit verify`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use weighbridge_engine::{verify_cosigned, verify_export};
use weighbridge_server::api::audit::VerificationView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, green, red};

/// What `audit verify` takes.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A directory that `audit export` made; the running ledger when it is left out
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The public key that has to have signed it, as its operator published it
    #[arg(long, value_name = "KEY", requires = "folder")]
    key: Option<String>,
    /// The public key of a witness that has to have cosigned it; may be repeated
    #[arg(long, value_name = "KEY", requires = "folder")]
    witness: Vec<String>,
}

/// Verifies the ledger.
pub(super) async fn run(context: &Context, verify: &Verify) -> Result<Exit, Failure> {
    if let Some(folder) = &verify.folder {
        return verify_copy(context, folder, verify.key.as_deref(), &verify.witness);
    }
    let client = context.client().await?;
    let reply = client.get::<VerificationView>("/audit/verification").await?;
    let view = &reply.view;
    let mut human = Lines::of(match &view.fault {
        None => format!(
            "{}: {} entries hash to the root, {} signed checkpoints agree",
            green("intact"),
            view.entries,
            view.checkpoints
        ),
        Some(fault) => format!("{}: {fault}", red("not intact")),
    });
    human.add(format_args!("  root: {}\n  key: {}", view.root, view.key));
    if view.erased > 0 {
        human.add(format_args!("  {} entries are there without what they tell", view.erased));
    }
    if view.fault.is_some() {
        human.add(
            "  hint: keep a copy of the data directory as it is, and compare it with a backup",
        );
    }
    let quiet = if view.is_intact { "intact" } else { "not intact" };
    context.output.data(&reply.raw, Said { human: human.text(), quiet: quiet.to_owned() })?;
    Ok(if view.is_intact { Exit::Pass } else { Exit::No })
}

/// Verifies a copy, from its files alone.
fn verify_copy(
    context: &Context,
    folder: &Path,
    key: Option<&str>,
    witnesses: &[String],
) -> Result<Exit, Failure> {
    let note = std::fs::read_to_string(folder.join("checkpoint")).unwrap_or_default();
    let (raw, human, exit) = match verify_export(folder, key) {
        Ok(report) => {
            let mut human = Lines::of(format!(
                "{}: {} entries hash to the signed root",
                green("intact"),
                report.entries
            ));
            human.add(format_args!("  root: {}\n  key: {}", report.root, report.key));
            if report.erased > 0 {
                human.add(format_args!(
                    "  {} entries are there without what they tell",
                    report.erased
                ));
            }
            let mut doubt = None;
            for witness in witnesses {
                match verify_cosigned(&note, witness) {
                    Ok(_) => human.add(format_args!("  cosigned with {witness}")),
                    Err(error) => doubt = doubt.or(Some(error)),
                }
            }
            if let Some(error) = doubt {
                let raw = json!({ "is_intact": false, "fault": error.to_string() });
                let human = format!("{}: {error}", red("not cosigned"));
                context.output.data(&raw, Said { human, quiet: "not cosigned".to_owned() })?;
                return Ok(Exit::No);
            }
            if key.is_none() {
                human.add(
                    "  hint: compare the key with the one its operator published, or give `--key`",
                );
            }
            let raw = json!({
                "is_intact": true, "entries": report.entries, "root": report.root.to_string(),
                "key": report.key, "erased": report.erased,
            });
            (raw, human.text(), Exit::Pass)
        }
        Err(error @ weighbridge_engine::ExportError::Fault { .. }) => {
            let raw = json!({ "is_intact": false, "fault": error.to_string() });
            (raw, format!("{}: {error}", red("not intact")), Exit::No)
        }
        Err(error) => return Err(Failure::new("the copy cannot be verified").because(error)),
    };
    let quiet = if exit == Exit::Pass { "intact" } else { "not intact" };
    context.output.data(&raw, Said { human, quiet: quiet.to_owned() })?;
    Ok(exit)
}
