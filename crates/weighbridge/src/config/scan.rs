//! `[scan]`: how much the scan of one file may use, and whether new rules look at what is stored.

use serde::{Deserialize, Serialize};

use super::Objection;

/// What runs out here is reported as "not examined", never as clean.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScanConfig {
    /// Memory of one worker.
    pub(crate) memory_mib: u64,
    /// Time for one file.
    pub(crate) wall_seconds: u64,
    /// What one member of an archive may expand to.
    pub(crate) member_gib: u64,
    /// What all members of one file may expand to.
    pub(crate) expanded_gib: u64,
    /// Whether what other rules looked at is looked at again in the background.
    pub(crate) rescan: bool,
}

impl Default for ScanConfig {
    fn default() -> ScanConfig {
        ScanConfig {
            memory_mib: 1024,
            wall_seconds: 120,
            member_gib: 8,
            expanded_gib: 32,
            rescan: true,
        }
    }
}

impl ScanConfig {
    pub(crate) fn check(&self) -> Result<(), Objection> {
        Objection::unless_within("memory_mib", self.memory_mib, 64..=1_048_576)?;
        Objection::unless_within("wall_seconds", self.wall_seconds, 1..=86_400)?;
        Objection::unless_within("member_gib", self.member_gib, 1..=65_536)?;
        Objection::unless_within("expanded_gib", self.expanded_gib, 1..=65_536)
    }
}
