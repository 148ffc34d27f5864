//! Asks a source whether it is there, and whether it knows our credentials.

use std::time::Duration;

use weighbridge_domain::{RepoPattern, SourceName};
use weighbridge_upstream::{Answer, HubClient, Probe};

use crate::Engine;
use crate::admit::Refused;

/// What a source answered.
#[derive(Clone, Debug)]
pub struct ProbeReport {
    /// The source.
    pub source: SourceName,
    /// Where it is.
    pub url: String,
    /// Whether what travels is encrypted.
    pub is_encrypted: bool,
    /// Its answer to somebody without a credential.
    pub anonymous: ProbeAnswer,
    /// Its answer to each of our credentials.
    pub credentials: Vec<(RepoPattern, ProbeAnswer)>,
}

/// One answer of a source.
#[derive(Clone, Debug)]
pub enum ProbeAnswer {
    /// It is there.
    Yes {
        /// How long the answer took.
        latency: Duration,
        /// Whom it takes us for.
        account: Option<String>,
    },
    /// It is there and says no.
    No {
        /// Its words.
        message: String,
    },
    /// It could not be asked.
    Unknown {
        /// What went wrong.
        what: String,
    },
}

/// Why a source is not asked.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// There is none of that name.
    #[error("there is no source `{0}`")]
    NoSuchSource(SourceName),
    /// Its record cannot be read.
    #[error("{}", .0.message())]
    Refused(Refused),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] weighbridge_store::StoreError),
}

impl Engine {
    /// Asks a source for one search result without a credential, and for our name with each of them.
    pub async fn probe_source(&self, name: &SourceName) -> Result<ProbeReport, ProbeError> {
        let mut db = self.0.store.read().await?;
        let sources = self.read_sources(&mut db).await.map_err(ProbeError::Refused)?;
        // The connection goes back before the network is asked.
        drop(db);
        let Some(source) = sources.into_iter().find(|source| source.name == *name) else {
            return Err(ProbeError::NoSuchSource(name.clone()));
        };
        let client = source.client(self);
        let anonymous = ask(&client, None).await;
        let mut credentials = Vec::new();
        for (pattern, secret) in source.credentials() {
            credentials.push((pattern.clone(), ask(&client, Some(secret)).await));
        }
        Ok(ProbeReport {
            source: source.name.clone(),
            url: source.url.as_str().to_owned(),
            is_encrypted: source.url.is_encrypted(),
            anonymous,
            credentials,
        })
    }
}

async fn ask(client: &HubClient, secret: Option<&str>) -> ProbeAnswer {
    match client.probe(secret).await {
        Answer::Yes(Probe { latency, account }) => ProbeAnswer::Yes { latency, account },
        Answer::No(refusal) => ProbeAnswer::No { message: refusal.message },
        Answer::Unknown(trouble) => ProbeAnswer::Unknown { what: trouble.what },
    }
}
