//! Versions of the policy. A change takes two people: one proposes it, another one confirms it.

use std::fmt;
use std::str::FromStr;

use crate::{Caller, Role};

/// Where a version of the policy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyState {
    /// Somebody wants it; somebody else has to confirm it.
    Proposed,
    /// Decisions are made by it.
    Active,
    /// Decisions were made by it, until another one came.
    Superseded,
    /// It was taken back or refused, and never decided anything.
    Withdrawn,
}

impl PolicyState {
    const ALL: [PolicyState; 4] = [
        PolicyState::Proposed,
        PolicyState::Active,
        PolicyState::Superseded,
        PolicyState::Withdrawn,
    ];

    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            PolicyState::Proposed => "proposed",
            PolicyState::Active => "active",
            PolicyState::Superseded => "superseded",
            PolicyState::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for PolicyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PolicyState {
    type Err = String;
    fn from_str(text: &str) -> Result<PolicyState, String> {
        let found = PolicyState::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| {
            format!("`{text}` is not `proposed`, `active`, `superseded` or `withdrawn`")
        })
    }
}

/// What a version of the policy comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyOrigin {
    /// The configuration: it is in charge until somebody activates something else.
    Configuration,
    /// People, who proposed and confirmed it: it holds whatever the configuration says.
    Proposal,
}

impl PolicyOrigin {
    /// The word used in the CLI, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            PolicyOrigin::Configuration => "configuration",
            PolicyOrigin::Proposal => "proposal",
        }
    }
}

impl fmt::Display for PolicyOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PolicyOrigin {
    type Err = String;
    fn from_str(text: &str) -> Result<PolicyOrigin, String> {
        match text {
            "configuration" => Ok(PolicyOrigin::Configuration),
            "proposal" => Ok(PolicyOrigin::Proposal),
            other => Err(format!("`{other}` is not `configuration` or `proposal`")),
        }
    }
}

/// A policy that somebody wants to be active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its number.
    pub number: u64,
    /// Where it stands.
    pub state: PolicyState,
    /// Who wants it.
    pub proposed_by: String,
    /// The version that was active when it was proposed, and that it was tried out against.
    pub base: u64,
}

/// Whether the one who proposes may confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// It takes somebody else.
    ByAnother,
    /// One person is enough: for installations that have only one.
    ByAnyone,
}

/// Why a proposal does not become active, or is not withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// The role has no say.
    #[error(
        "the policy is changed in the role `admin` or `security-reviewer`, held for everything; not `{0}`"
    )]
    WrongRole(Role),
    /// Nobody confirms what they proposed themselves.
    #[error("`{0}` proposed it: it takes somebody else to confirm it")]
    OwnProposal(String),
    /// It was confirmed or withdrawn before.
    #[error("version {number} is {state}")]
    Settled {
        /// The version.
        number: u64,
        /// Where it stands.
        state: PolicyState,
    },
    /// Another version became active since.
    #[error(
        "version {active} became active since version {number} was proposed against version {base}"
    )]
    Outdated {
        /// The version.
        number: u64,
        /// What it was proposed against.
        base: u64,
        /// What is active now.
        active: u64,
    },
}

impl Role {
    /// Whether it proposes and confirms changes of the policy.
    pub fn changes_policy(self) -> bool {
        matches!(self, Role::Admin | Role::SecurityReviewer)
    }
}

impl Proposal {
    /// Confirms the proposal, when `by` may and nothing has changed since.
    pub fn confirm(
        &mut self,
        by: &Caller,
        active: u64,
        confirmation: Confirmation,
    ) -> Result<(), ConfirmError> {
        self.may_settle(by)?;
        if by.name == self.proposed_by && confirmation == Confirmation::ByAnother {
            return Err(ConfirmError::OwnProposal(self.proposed_by.clone()));
        }
        if self.base != active {
            let (number, base) = (self.number, self.base);
            return Err(ConfirmError::Outdated { number, base, active });
        }
        self.state = PolicyState::Active;
        Ok(())
    }

    /// Takes the proposal back, or refuses it: whoever may confirm may refuse, the proposer too.
    pub fn withdraw(&mut self, by: &Caller) -> Result<(), ConfirmError> {
        self.may_settle(by)?;
        self.state = PolicyState::Withdrawn;
        Ok(())
    }

    fn may_settle(&self, by: &Caller) -> Result<(), ConfirmError> {
        if by.acting_everywhere(Role::changes_policy).is_none() {
            return Err(ConfirmError::WrongRole(by.role));
        }
        if self.state != PolicyState::Proposed {
            return Err(ConfirmError::Settled { number: self.number, state: self.state });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, role: Role) -> Caller {
        let mut caller = Caller::anonymous("dev".parse().unwrap());
        name.clone_into(&mut caller.name);
        caller.role = role;
        caller
    }

    fn proposal() -> Proposal {
        let proposed_by = "ann".to_owned();
        Proposal { number: 4, state: PolicyState::Proposed, proposed_by, base: 3 }
    }

    #[test]
    fn it_takes_another_person_in_the_right_role() {
        let (ann, sam) = (person("ann", Role::Admin), person("sam", Role::SecurityReviewer));
        let told = |by: &Caller| proposal().confirm(by, 3, Confirmation::ByAnother);
        assert_eq!(told(&sam), Ok(()));
        assert_eq!(told(&ann), Err(ConfirmError::OwnProposal("ann".to_owned())));
        // The same person with another token is the same person.
        assert!(told(&person("ann", Role::SecurityReviewer)).is_err());
        for role in Role::ALL.into_iter().filter(|role| !role.changes_policy()) {
            assert_eq!(told(&person("x", role)), Err(ConfirmError::WrongRole(role)));
        }
        assert_eq!(proposal().confirm(&ann, 3, Confirmation::ByAnyone), Ok(()));
    }

    #[test]
    fn nothing_is_settled_twice_and_nothing_old_is_confirmed() {
        let sam = person("sam", Role::SecurityReviewer);
        let mut one = proposal();
        one.withdraw(&person("ann", Role::Admin)).unwrap();
        assert!(one.confirm(&sam, 3, Confirmation::ByAnother).is_err());
        assert!(one.withdraw(&sam).is_err());
        let error = proposal().confirm(&sam, 5, Confirmation::ByAnother).unwrap_err();
        let words = "version 5 became active since version 4 was proposed against version 3";
        assert_eq!(error.to_string(), words);
    }
}
