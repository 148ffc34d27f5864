//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from; the later variants win over the earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File { path: PathBuf, line: usize },
    /// A variable of the process.
    Variable(String),
    /// The command line.
    Flag(&'static str),
    /// A file with a secret, named by another origin.
    SecretFile { path: PathBuf, named_by: Box<Origin> },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Variable(name) => f.write_str(name),
            Origin::Flag(flag) => f.write_str(flag),
            Origin::SecretFile { path, named_by } => write!(f, "{} ({named_by})", path.display()),
        }
    }
}
