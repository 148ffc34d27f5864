//! `weighbridge policy export`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use weighbridge_server::api::policy::PolicyFilesView;

use super::Context;
use crate::client::query;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, counted};

/// What `policy export` takes.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The folder to write; it has to be new or empty
    folder: PathBuf,
    /// The version; without it, the active one
    #[arg(long, value_name = "VERSION")]
    number: Option<u64>,
}

/// Writes a version into a folder.
pub(super) async fn run(context: &Context, export: &Export) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let number = export.number.map(|number| number.to_string());
    let path = query("/policy/files", &[("version", number.as_deref())]);
    let reply = client.get::<PolicyFilesView>(&path).await?;
    let folder = &export.folder;
    let failed = |path: &Path, error: &std::io::Error| {
        Failure::new(format!("`{}` cannot be written", path.display())).because(error)
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    if entries.next().is_some() {
        return Err(Failure::new(format!("`{}` is not empty", folder.display()))
            .hint("name a new folder: nothing is written over"));
    }
    for (name, text) in &reply.view.files {
        // The server is another program: what it calls a file does not decide where one is written.
        let is_inside = name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
        if !is_inside || name.contains('\\') {
            return Err(Failure::new("the policy has a file with a name that cannot be written"));
        }
        let path = folder.join(name);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(|error| failed(above, &error))?;
        }
        fs::write(&path, text).map_err(|error| failed(&path, &error))?;
    }
    let count = counted(u64::try_from(reply.view.files.len()).unwrap_or(u64::MAX), "file");
    let mut human = format!("version {}: {count} in `{}`", reply.view.version, folder.display());
    if reply.view.files.is_empty() {
        human.push_str("; every rule is taken as it is shipped");
    }
    context.output.data(&reply.raw, Said { human, quiet: folder.display().to_string() })?;
    Ok(Exit::Pass)
}
