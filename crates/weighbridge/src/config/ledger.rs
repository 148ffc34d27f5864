//! `[ledger]`: what the log of this instance is called, what of it is kept, and where it is written to.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Objection;

/// The word for standard output.
pub(crate) const STDOUT: &str = "stdout";
/// Less would erase what messages and collectors are still to be told.
const DAYS: RangeInclusive<u64> = 30..=36_500;

/// The name stands in every signed checkpoint. Choose it before the first start: checkpoints under
/// another name belong to another log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LedgerConfig {
    /// Such as `weighbridge.example/log`.
    pub(crate) origin: String,
    /// For how many days bodies are kept that explain no decision; 0 keeps them for ever.
    pub(crate) keep_days: u64,
    /// Where every entry is written to as it comes: a file, or `stdout`.
    pub(crate) stream_to: Option<String>,
}

impl Default for LedgerConfig {
    fn default() -> LedgerConfig {
        let origin = "weighbridge.local/log".to_owned();
        LedgerConfig { origin, keep_days: 0, stream_to: None }
    }
}

impl LedgerConfig {
    pub(crate) fn check(&self) -> Result<(), Objection> {
        let fits = (1..=200).contains(&self.origin.len())
            && self.origin.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
        if !fits {
            let why = "it takes 1 to 200 visible characters without `+`, such as `weighbridge.example/log`";
            return Err(Objection::new("origin", why));
        }
        if self.keep_days != 0 && !DAYS.contains(&self.keep_days) {
            let (low, high) = (DAYS.start(), DAYS.end());
            let why = format!("it has to be 0, which keeps everything, or {low} to {high}");
            return Err(Objection::new("keep_days", why));
        }
        match &self.stream_to {
            Some(place) if place != STDOUT && !place.starts_with('/') => {
                let why = "it takes the whole path of a file, from `/` on, or `stdout`";
                Err(Objection::new("stream_to", why))
            }
            _ => Ok(()),
        }
    }

    /// For how long bodies are kept; `None` for ever.
    pub(crate) fn keep(&self) -> Option<Duration> {
        (self.keep_days > 0).then(|| Duration::from_hours(self.keep_days.saturating_mul(24)))
    }
}
