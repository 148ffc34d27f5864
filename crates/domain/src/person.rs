//! Who is asking.

use std::fmt;
use std::str::FromStr;

use crate::{Artifact, Environment, RepoPattern};

/// What a token may do. Finer roles come with governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Pulls artifacts.
    Reader,
    /// Changes sources, tokens and settings, and reads everything.
    Admin,
}

impl Role {
    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Role, String> {
        match text {
            "reader" => Ok(Role::Reader),
            "admin" => Ok(Role::Admin),
            other => Err(format!("`{other}` is not a role: use `reader` or `admin`")),
        }
    }
}

/// Who is asking, in which environment, and which gated repositories they may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name of the token, or `anonymous`.
    pub name: String,
    /// The id of the token; `None` when anonymous.
    pub token_id: Option<String>,
    /// What the token may do.
    pub role: Role,
    /// The environment the caller pulls for.
    pub environment: Environment,
    /// Gated and private repositories this caller is entitled to.
    pub entitled_to: Vec<RepoPattern>,
}

impl Caller {
    /// Somebody without a token.
    pub fn anonymous(environment: Environment) -> Caller {
        Caller {
            name: "anonymous".to_owned(),
            token_id: None,
            role: Role::Reader,
            environment,
            entitled_to: Vec::new(),
        }
    }

    /// Whether the caller may have a gated or private repository: the grant is the caller's own,
    /// whatever the cache holds.
    pub fn is_entitled_to(&self, artifact: &Artifact) -> bool {
        self.role == Role::Admin || self.entitled_to.iter().any(|pattern| pattern.matches(artifact))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_entitled_by_default() {
        let artifact: Artifact = "acme/secret".parse().unwrap();
        let mut caller = Caller::anonymous("dev".parse().unwrap());
        assert!(!caller.is_entitled_to(&artifact));
        caller.entitled_to.push("acme/*".parse().unwrap());
        assert!(caller.is_entitled_to(&artifact));
    }
}
