//! `weighbridge artifact …`: what came in.

mod list;
mod show;

use clap::Subcommand;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Artifacts.
#[derive(Debug, Subcommand)]
pub(crate) enum Artifact {
    /// List what came in, by name
    List(list::List),
    /// Show an artifact: revisions, decisions, files, findings, downloads
    Show(show::Show),
}

/// Runs the command.
pub(crate) async fn run(context: &Context, artifact: Artifact) -> Result<Exit, Failure> {
    match artifact {
        Artifact::List(list) => list::run(context, &list).await,
        Artifact::Show(show) => show::run(context, &show).await,
    }
}
