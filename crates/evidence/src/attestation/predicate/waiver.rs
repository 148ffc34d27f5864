//! Our own `waiver` v1: a rule that was set aside, told beside each revision whose decision it touches.

use serde::{Deserialize, Serialize};

/// Its type.
pub const WAIVER: &str = "https://weighbridge/waiver/v1";

/// A rule set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waiver {
    /// Its id.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// For which artifacts.
    pub pattern: String,
    /// In which environment.
    pub environment: String,
    /// Why.
    pub justification: String,
    /// Who answers for it.
    pub granted_by: String,
    /// In which role.
    pub role: String,
    /// When it was granted.
    pub granted_at: String,
    /// When it ends.
    pub expires_at: String,
}
