//! `[limits]`: what is fetched together, and how much of it.

use serde::{Deserialize, Serialize};

use super::Objection;

/// The small files of a revision are fetched and scanned with it, the large ones when asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsConfig {
    /// Files up to this size count as small.
    pub(crate) small_file_mib: u64,
    /// Up to how much of them in one revision.
    pub(crate) small_files_total_mib: u64,
}

impl Default for LimitsConfig {
    fn default() -> LimitsConfig {
        LimitsConfig { small_file_mib: 1, small_files_total_mib: 64 }
    }
}

impl LimitsConfig {
    pub(crate) fn check(&self) -> Result<(), Objection> {
        Objection::unless_within("small_file_mib", self.small_file_mib, 0..=1_024)?;
        Objection::unless_within("small_files_total_mib", self.small_files_total_mib, 0..=65_536)
    }
}
