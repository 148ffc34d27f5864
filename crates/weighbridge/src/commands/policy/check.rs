//! `weighbridge policy check`.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::folder::{self, Checked};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::counted;

/// What `policy check` takes.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The folder of the policy, or one file of it
    path: PathBuf,
}

/// Checks a policy.
pub(super) fn run(context: &Context, check: &Check) -> Result<Exit, Failure> {
    let (bundle, odd) = match folder::checked(context, &check.path)? {
        Checked::Fine(bundle, odd) => (bundle, odd),
        Checked::Told(exit) => return Ok(exit),
    };
    let own = u64::try_from(bundle.own().len()).unwrap_or(u64::MAX);
    let end = format!("the policy is fine: {} beside the shipped ones", counted(own, "own rule"));
    folder::tell(context, &odd, &end)?;
    Ok(Exit::Pass)
}
