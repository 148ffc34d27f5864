//! `weighbridge audit export`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use weighbridge_engine::{KEY_FILE, exported_files};
use weighbridge_server::api::audit::CheckpointView;

use super::Context;
use crate::client::Client;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// What `audit export` takes.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Where to; an older copy there is brought up to date
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Copies the ledger: the checkpoint last, so that a copy that broke off is not taken for a whole one.
pub(super) async fn run(context: &Context, export: &Export) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let signed = client.get::<CheckpointView>("/audit/checkpoint").await?.view;
    let strange = || Failure::new("the server's checkpoint cannot be read");
    let files = exported_files(&signed.note).ok_or_else(strange)?;
    for name in files {
        // A full tile never changes, and only a whole one is ever put in its place.
        if name.contains(".p/") || !export.folder.join(&name).exists() {
            copy(&client, &export.folder, &name).await?;
        }
    }
    write(&export.folder.join(KEY_FILE), format!("{}\n", signed.key).as_bytes())?;
    write(&export.folder.join("checkpoint"), signed.note.as_bytes())?;
    let folder = export.folder.display();
    let human = format!(
        "{} entries in `{folder}`; `weighbridge audit verify {folder}` needs nothing else\n  key: {}",
        signed.entries, signed.key
    );
    let raw = json!({ "folder": folder.to_string(), "entries": signed.entries, "key": signed.key });
    context.output.data(&raw, Said { human, quiet: signed.entries.to_string() })?;
    Ok(Exit::Pass)
}

async fn copy(client: &Client, folder: &Path, name: &str) -> Result<(), Failure> {
    let bytes = client.file(&format!("/audit/log/{name}")).await?;
    let path = folder.join(name);
    write(&path, &bytes)?;
    // A tile that has grown replaces its shorter states.
    let shorter = match name.split_once(".p/") {
        Some((full, _)) => folder.join(format!("{full}.p")),
        None => folder.join(format!("{name}.p")),
    };
    for entry in std::fs::read_dir(shorter).into_iter().flatten().flatten() {
        let is_width = entry.file_name().to_string_lossy().parse::<u16>().is_ok();
        if is_width && entry.path() != path {
            let failed = |error| {
                Failure::new(format!("`{}` cannot be removed", entry.path().display()))
                    .because(error)
            };
            std::fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Writes a file whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(format!("`{}` cannot be written", path.display())).because(error)
    };
    let beside = path
        .with_file_name(format!(".{}.new", path.file_name().unwrap_or_default().to_string_lossy()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(&beside, bytes).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}
