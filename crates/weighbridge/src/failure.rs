//! What a person reads when a command fails: what, why, and the next step.

use std::fmt;

use crate::config::ConfigError;

/// A failed command. Sentences are in lower case, without a full stop.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    reasons: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// Says what failed.
    pub(crate) fn new(what: impl Into<String>) -> Failure {
        Failure { what: what.into(), reasons: Vec::new(), hint: None }
    }

    /// Says why.
    pub(crate) fn because(mut self, reason: impl fmt::Display) -> Failure {
        self.reasons.push(reason.to_string());
        self
    }

    /// Says what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    /// What failed.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Why.
    pub(crate) fn reasons(&self) -> &[String] {
        &self.reasons
    }

    /// What to do about it.
    pub(crate) fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure { what: error.what, reasons: error.reason.into_iter().collect(), hint: error.hint }
    }
}
