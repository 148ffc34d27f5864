//! Our own `licence` v1: under which terms a revision comes, and how well we know.

use serde::{Deserialize, Serialize};

/// Its type.
pub const LICENCE: &str = "https://weighbridge/licence/v1";

/// What is known of the terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Licence {
    /// How well it is known: `verified`, `declared`, `inferred` or `missing`.
    pub grade: String,
    /// What was declared; empty when nothing.
    pub licences: Vec<LicenceClaim>,
    /// When it was looked at.
    pub at: String,
}

/// One licence, as somebody named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LicenceClaim {
    /// The name, as it was given.
    pub name: String,
    /// Who gave it.
    pub declared_by: String,
}
