//! `[outgoing]`: whom messages may go to: webhooks, and witnesses of the ledger.

use serde::{Deserialize, Serialize};
use weighbridge_engine::Network;

use super::Objection;

/// Messages go to public addresses by https. Whoever has receivers within the house names their networks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutgoingConfig {
    /// Networks that messages may go to although they are local, and without encryption.
    pub(crate) allow_networks: Vec<String>,
    /// For one whole answer.
    pub(crate) answer_seconds: u64,
}

impl Default for OutgoingConfig {
    fn default() -> OutgoingConfig {
        OutgoingConfig { allow_networks: Vec::new(), answer_seconds: 15 }
    }
}

impl OutgoingConfig {
    pub(crate) fn check(&self) -> Result<(), Objection> {
        self.networks()?;
        Objection::unless_within("answer_seconds", self.answer_seconds, 1..=60)
    }

    /// The networks.
    pub(crate) fn networks(&self) -> Result<Vec<Network>, Objection> {
        let read = |text: &String| {
            text.parse().map_err(|error| Objection::new("allow_networks", format!("{error}")))
        };
        self.allow_networks.iter().map(read).collect()
    }
}
