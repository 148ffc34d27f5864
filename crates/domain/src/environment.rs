//! Where a revision may be used.

use std::fmt;
use std::str::FromStr;

/// The name of an environment: `dev`, `staging`, `production`, or what the operator configured.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Environment(String);

/// A text that cannot name an environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an environment name: 1 to 32 lower-case letters, digits and `-`")]
pub struct BadEnvironment(String);

impl Environment {
    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Environment {
    type Err = BadEnvironment;
    fn from_str(text: &str) -> Result<Environment, BadEnvironment> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && text.starts_with(|c: char| c.is_ascii_lowercase());
        if fits {
            Ok(Environment(text.to_owned()))
        } else {
            Err(BadEnvironment(text.chars().take(40).collect()))
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
