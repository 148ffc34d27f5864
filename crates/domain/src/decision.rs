//! What policy said, and why.

use std::fmt;
use std::str::FromStr;

use crate::{Digest, Environment, Timestamp};

/// The answer of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The environment may have the revision.
    Allow,
    /// Not yet: something is missing that somebody can supply.
    Hold,
    /// No.
    Deny,
}

/// Where policy is asked. The variants grow with the gates we have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// May these bytes be served at all?
    Admit,
    /// May this environment have this revision?
    Use,
}

/// How seriously an environment takes a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// The rule is not asked.
    Off,
    /// The rule is asked and its reason recorded; it stops nothing.
    Warn,
    /// The rule stops what it objects to.
    Enforce,
}

/// A word that is not one of the allowed ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not one of {allowed}")]
pub struct UnknownWord {
    given: String,
    allowed: &'static str,
}

macro_rules! words {
    ($kind:ident, $allowed:literal, $($variant:ident = $word:literal),+) => {
        impl $kind {
            /// The word used in the CLI, the API and the database.
            pub fn as_str(self) -> &'static str {
                match self { $($kind::$variant => $word),+ }
            }
        }
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl FromStr for $kind {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<$kind, UnknownWord> {
                match text {
                    $($word => Ok($kind::$variant),)+
                    other => Err(UnknownWord {
                        given: other.chars().take(40).collect(),
                        allowed: $allowed,
                    }),
                }
            }
        }
    };
}

words!(Outcome, "allow, hold, deny", Allow = "allow", Hold = "hold", Deny = "deny");
words!(Gate, "admit, use", Admit = "admit", Use = "use");
words!(Mode, "off, warn, enforce", Off = "off", Warn = "warn", Enforce = "enforce");

/// One rule's objection, in words a person can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable id of the rule, such as `licence-denied`.
    pub rule: String,
    /// The gate the rule stands at.
    pub gate: Gate,
    /// `Warn` reasons are told and recorded; `Enforce` reasons decide.
    pub mode: Mode,
    /// What the rule asks for: `Hold` or `Deny`.
    pub effect: Outcome,
    /// Why: one sentence without a full stop.
    pub message: String,
    /// What would change it.
    pub remedy: String,
    /// Who can help: a role.
    pub contact: String,
}

/// The id of a decision: a ULID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DecisionId(String);

impl DecisionId {
    /// Wraps a ULID made by [`crate::Ids`] or read from the store.
    pub fn new(ulid: String) -> DecisionId {
        DecisionId(ulid)
    }

    /// The ULID.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What policy decided for one revision in one environment. It can be replayed from its digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its id, told to people so that they can ask `weighbridge why`.
    pub id: DecisionId,
    /// The environment it holds for.
    pub environment: Environment,
    /// The answer.
    pub outcome: Outcome,
    /// Every objection, the enforced ones first.
    pub reasons: Vec<Reason>,
    /// Digest of the policy text and its parameters.
    pub policy: Digest,
    /// Digest of the facts document.
    pub facts: Digest,
    /// When.
    pub decided_at: Timestamp,
}

impl Decision {
    /// The reasons that decided.
    pub fn enforced(&self) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(|reason| reason.mode == Mode::Enforce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_outcome_is_the_greater_one() {
        assert!(Outcome::Allow < Outcome::Hold && Outcome::Hold < Outcome::Deny);
        assert_eq!("deny".parse(), Ok(Outcome::Deny));
        assert!("no".parse::<Outcome>().is_err());
    }
}
