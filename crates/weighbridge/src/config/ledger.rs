//! `[ledger]`: what the log of this instance is called.

use serde::{Deserialize, Serialize};

use super::Objection;

/// The name stands in every signed checkpoint. Choose it before the first start: checkpoints under
/// another name belong to another log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LedgerConfig {
    /// Such as `weighbridge.example/log`.
    pub(crate) origin: String,
}

impl Default for LedgerConfig {
    fn default() -> LedgerConfig {
        LedgerConfig { origin: "weighbridge.local/log".to_owned() }
    }
}

impl LedgerConfig {
    pub(crate) fn check(&self) -> Result<(), Objection> {
        let fits = (1..=200).contains(&self.origin.len())
            && self.origin.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
        if fits {
            return Ok(());
        }
        let why =
            "it takes 1 to 200 visible characters without `+`, such as `weighbridge.example/log`";
        Err(Objection::new("origin", why))
    }
}
