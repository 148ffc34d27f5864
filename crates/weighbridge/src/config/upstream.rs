//! `[upstream]`: how upstream registries are asked.

use serde::{Deserialize, Serialize};

use super::Objection;

/// How patient Weighbridge is with the registries behind it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpstreamConfig {
    /// The source that the very first start adds, at tier 2; empty for none.
    pub(crate) public_hub: String,
    /// For a connection, TLS included.
    pub(crate) connect_seconds: u64,
    /// For the first byte of an answer, and between any two pieces of it.
    pub(crate) idle_seconds: u64,
    /// For one whole answer that is not a file.
    pub(crate) metadata_seconds: u64,
    /// How long a branch is believed to point where it pointed.
    pub(crate) ref_freshness_seconds: u64,
}

impl Default for UpstreamConfig {
    fn default() -> UpstreamConfig {
        UpstreamConfig {
            public_hub: "https://huggingface.co".to_owned(),
            connect_seconds: 10,
            idle_seconds: 30,
            metadata_seconds: 120,
            ref_freshness_seconds: 300,
        }
    }
}

impl UpstreamConfig {
    pub(crate) fn check(&self) -> Result<(), Objection> {
        Objection::unless_within("connect_seconds", self.connect_seconds, 1..=300)?;
        Objection::unless_within("idle_seconds", self.idle_seconds, 1..=3_600)?;
        Objection::unless_within("metadata_seconds", self.metadata_seconds, 1..=3_600)?;
        Objection::unless_within("ref_freshness_seconds", self.ref_freshness_seconds, 0..=86_400)
    }
}
