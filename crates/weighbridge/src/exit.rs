//! The exit codes, the same for every command.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked; policy has nothing against it.
    Pass = 0,
    /// Policy, or a finding, says no.
    No = 1,
    /// It could not be done.
    Error = 2,
    /// Nothing was evaluated: no answer, which is not a yes.
    NothingEvaluated = 3,
    /// Policy waits for something that somebody can supply.
    Held = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
