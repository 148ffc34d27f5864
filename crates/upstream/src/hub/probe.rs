//! Whether a Hub is there, and whether it knows our credential.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::time::Instant;

use super::HubClient;
use crate::{Answer, NotYes, RefusalKind};

const MOST_BYTES: usize = 1024 * 1024;

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
        self.ask_probe(token).await.into()
    }

    async fn ask_probe(&self, token: Option<&str>) -> Result<Probe, NotYes> {
        let path = if token.is_some() { "api/whoami-v2" } else { "api/models?limit=1" };
        let url = self.url(path)?;
        let began = Instant::now();
        let page = self.fetch_once(&url, token, MOST_BYTES, RefusalKind::RepoNotFound).await?;
        let latency = began.elapsed();
        let account = if token.is_some() {
            Some(page.read::<AccountJson>()?.name)
        } else {
            let _: Vec<IgnoredAny> = page.read()?;
            None
        };
        Ok(Probe { latency, account })
    }
}

#[derive(Deserialize)]
struct AccountJson {
    name: String,
}
