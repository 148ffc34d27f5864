//! `[break_glass]`: who may lift rules in an emergency, and for how long.

use serde::{Deserialize, Serialize};

use super::Objection;

/// A break-glass lifts the rules at gate `use`, for hours.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BreakGlassConfig {
    /// Whether a second person has to confirm it; otherwise one is enough, and it is an alarm.
    pub(crate) two_persons: bool,
    /// The longest it may last.
    pub(crate) longest_hours: u64,
}

impl Default for BreakGlassConfig {
    fn default() -> BreakGlassConfig {
        BreakGlassConfig { two_persons: true, longest_hours: 24 }
    }
}

impl BreakGlassConfig {
    pub(crate) fn check(&self) -> Result<(), Objection> {
        Objection::unless_within("longest_hours", self.longest_hours, 1..=168)
    }
}
