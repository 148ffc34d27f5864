//! Whether a Hub is there, and whether it knows our credential.

use std::time::Duration;

use super::HubClient;
use crate::Answer;

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// How long the answer took.
    pub latency: Duration,
    /// Whom the Hub takes us for, when a credential was given.
    pub account: Option<String>,
}

impl HubClient {
    /// Asks for one search result; with a credential, asks whose it is.
    pub async fn probe(&self, token: Option<&str>) -> Answer<Probe> {
        let _ = token;
        super::unbuilt(self)
    }
}
