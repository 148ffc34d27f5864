//! `weighbridge attestation …`: what is said about a revision, signed.

mod export;
mod import;
mod key;
mod list;
mod show;
mod verify;

use clap::Subcommand;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Attestations.
#[derive(Debug, Subcommand)]
pub(crate) enum Attestation {
    /// List what is said about a revision, and by whom
    List(list::List),
    /// Get one envelope, as it was signed
    Show(show::Show),
    /// Copy everything that is said about a revision into a directory that anybody can verify without us
    Export(export::Export),
    /// Give an envelope of somebody else, signed by a trusted key
    Import(import::Import),
    /// Verify an exported directory; needs neither a server nor a network
    Verify(verify::Verify),
    /// Show the public key that attestations of this instance are verified with
    Key,
}

/// Runs the command.
pub(crate) async fn run(context: &Context, attestation: Attestation) -> Result<Exit, Failure> {
    match attestation {
        Attestation::List(list) => list::run(context, &list).await,
        Attestation::Show(show) => show::run(context, &show).await,
        Attestation::Export(export) => export::run(context, &export).await,
        Attestation::Import(import) => import::run(context, &import).await,
        Attestation::Verify(verify) => verify::run(context, &verify),
        Attestation::Key => key::run(context).await,
    }
}
