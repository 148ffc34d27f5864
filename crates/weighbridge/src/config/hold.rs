//! `[hold]`: how long callers are made to wait.

use serde::{Deserialize, Serialize};

use super::Objection;

/// File routes answer "ask again" before the shortest time-out of any client.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldConfig {
    /// How long a caller of a file waits for the work behind it before it is told to ask again.
    pub(crate) file_seconds: u64,
}

impl Default for HoldConfig {
    fn default() -> HoldConfig {
        HoldConfig { file_seconds: 8 }
    }
}

impl HoldConfig {
    pub(crate) fn check(&self) -> Result<(), Objection> {
        // Stock clients give up on a file after 10 s of silence.
        Objection::unless_within("file_seconds", self.file_seconds, 1..=9)
    }
}
