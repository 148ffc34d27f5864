//! Who is asking.

use std::fmt;
use std::str::FromStr;

use crate::{Artifact, Environment, RepoPattern};

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Pulls artifacts: machines, mostly.
    Reader,
    /// Pulls artifacts, and requests them for an environment.
    Developer,
    /// Reviews requests for what an artifact can do to whoever uses it.
    SecurityReviewer,
    /// Reviews requests for licences, data and duties.
    ComplianceReviewer,
    /// Answers for what one environment uses.
    Approver,
    /// Reads everything and changes nothing.
    Auditor,
    /// Changes sources, tokens and settings, and reads everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 7] = [
        Role::Reader,
        Role::Developer,
        Role::SecurityReviewer,
        Role::ComplianceReviewer,
        Role::Approver,
        Role::Auditor,
        Role::Admin,
    ];

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Developer => "developer",
            Role::SecurityReviewer => "security-reviewer",
            Role::ComplianceReviewer => "compliance-reviewer",
            Role::Approver => "approver",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
        }
    }

    /// Whether it asks for artifacts: machines and auditors do not.
    pub fn may_ask(self) -> bool {
        !matches!(self, Role::Reader | Role::Auditor)
    }

    /// Whether it answers requests.
    pub fn reviews(self) -> bool {
        matches!(self, Role::SecurityReviewer | Role::ComplianceReviewer | Role::Approver)
    }

    /// Whether it reads what concerns environments and artifacts that it has no part in.
    pub fn reads_everything(self) -> bool {
        self.reviews() || matches!(self, Role::Auditor | Role::Admin)
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
        let found = Role::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| {
            let known: Vec<_> = Role::ALL.iter().map(|role| format!("`{role}`")).collect();
            format!("`{text}` is not a role: use one of {}", known.join(", "))
        })
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
