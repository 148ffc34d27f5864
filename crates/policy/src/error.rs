//! Why policy gives no answer.

use std::time::Duration;

/// Why policy gave no answer. Whoever asked has to deny.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Nobody said how this environment takes the rules.
    #[error("no policy is configured for environment `{0}`")]
    UnknownEnvironment(String),
    /// Somebody said it twice.
    #[error("two policies are configured for environment `{0}`")]
    TwoPolicies(String),
    /// A rule's text is not Rego, or not a rule.
    #[error("rule `{rule}` does not compile: {why}")]
    BadRule {
        /// The rule.
        rule: String,
        /// What is wrong.
        why: String,
    },
    /// A rule could not be evaluated, or answered with something odd.
    #[error("rule `{rule}` failed: {why}")]
    RuleFailed {
        /// The rule.
        rule: String,
        /// What happened.
        why: String,
    },
    /// A rule took too long and was cut off.
    #[error("rule `{rule}` was cut off after {} ms", limit.as_millis())]
    RanAway {
        /// The rule.
        rule: String,
        /// How long it had.
        limit: Duration,
    },
    /// A rule took more memory than there is for it, and was cut off.
    #[error("rule `{rule}` needed more memory than {mib} MiB")]
    OutOfMemory {
        /// The rule.
        rule: String,
        /// How much it had.
        mib: u64,
    },
    /// The process that runs own rules gave no answer, and no rule is to blame.
    #[error("the rules of the house's own could not be asked: {0}")]
    NoAnswer(String),
    /// A recorded policy document cannot be read.
    #[error("the policy document cannot be read: {0}")]
    BadPolicyDocument(String),
    /// A facts document cannot be read.
    #[error("the facts document cannot be read: {0}")]
    BadFacts(String),
}

impl PolicyError {
    /// The rule that is to blame, if one is.
    pub fn rule(&self) -> Option<&str> {
        match self {
            PolicyError::BadRule { rule, .. }
            | PolicyError::RuleFailed { rule, .. }
            | PolicyError::RanAway { rule, .. }
            | PolicyError::OutOfMemory { rule, .. } => Some(rule),
            PolicyError::NoAnswer(_)
            | PolicyError::UnknownEnvironment(_)
            | PolicyError::TwoPolicies(_)
            | PolicyError::BadPolicyDocument(_)
            | PolicyError::BadFacts(_) => None,
        }
    }

    /// Whether a rule was stopped because it took too much.
    pub fn is_cut_off(&self) -> bool {
        matches!(self, PolicyError::RanAway { .. } | PolicyError::OutOfMemory { .. })
    }
}
