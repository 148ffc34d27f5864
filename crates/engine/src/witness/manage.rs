//! Which logs are cosigned here, and which witnesses are asked.

use weighbridge_domain::Caller;
use weighbridge_evidence::{LogVerifier, WitnessVerifier};
use weighbridge_store::{LogWitnessRow, StoreError, WitnessedLogRow};
use weighbridge_upstream::{BadOutletUrl, OutletUrl};

use crate::{Engine, Event};

/// A log to cosign, or a witness to ask: the key says which.
#[derive(Clone, Debug)]
pub struct NewWitness {
    /// The public key.
    pub key: String,
    /// Where the witness is; not given for a log.
    pub url: Option<String>,
}

/// Everything about witnessing here.
#[derive(Clone, Debug)]
pub struct WitnessReport {
    /// The key with which this instance cosigns.
    pub key: String,
    /// The logs that are cosigned here.
    pub logs: Vec<WitnessedLogRow>,
    /// The witnesses that are asked.
    pub witnesses: Vec<LogWitnessRow>,
}

/// Why neither a log nor a witness is added or removed.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The key is neither a log's nor a witness's.
    #[error("the key is neither that of a log nor that of a witness: {0}")]
    BadKey(String),
    /// A witness has to be asked somewhere.
    #[error("`{0}` is the key of a witness: it takes the address at which it is asked")]
    NoUrl(String),
    /// A log asks itself.
    #[error("`{0}` is the key of a log: logs come to us, so it takes no address")]
    NotAsked(String),
    /// Nobody witnesses themselves.
    #[error("it is our own key: a log that cosigns itself proves nothing")]
    Own,
    /// Nothing can be sent there.
    #[error("{0}")]
    BadUrl(#[from] BadOutletUrl),
    /// It is there already.
    #[error("there is a log or witness `{0}` already")]
    Taken(String),
    /// There is none of that name.
    #[error("there is no log or witness `{0}`")]
    NoSuch(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Cosigns a log from now on, or asks a witness from now on; tells its name.
    pub async fn add_witness(&self, by: &Caller, new: NewWitness) -> Result<String, WitnessError> {
        let key = new.key.trim().to_owned();
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let logs = change.tx().list_witnessed_logs().await?;
        let witnesses = change.tx().list_log_witnesses().await?;
        let is_taken = |name: &str| {
            logs.iter().any(|row| row.origin == name)
                || witnesses.iter().any(|row| row.name == name)
        };
        let (name, is_log) = match (LogVerifier::from_vkey(&key), WitnessVerifier::from_vkey(&key))
        {
            (Ok(log), _) => (log.origin().to_string(), true),
            (_, Ok(witness)) => (witness.name().to_string(), false),
            (Err(error), Err(_)) => return Err(WitnessError::BadKey(error.to_string())),
        };
        if is_taken(&name) {
            return Err(WitnessError::Taken(name));
        }
        if key == self.log_key() || key == self.witness_key() {
            return Err(WitnessError::Own);
        }
        if is_log {
            if new.url.is_some() {
                return Err(WitnessError::NotAsked(name));
            }
            let row = WitnessedLogRow {
                origin: name.clone(),
                vkey: key.clone(),
                added_by: by.name.clone(),
                added_at: now,
                size: 0,
                root: None,
                cosigned_at: None,
                alarmed_root: None,
            };
            change.tx().insert_witnessed_log(&row).await?;
        } else {
            let url: OutletUrl =
                new.url.ok_or_else(|| WitnessError::NoUrl(name.clone()))?.parse()?;
            self.0.outlet.check(&url)?;
            let row = LogWitnessRow {
                name: name.clone(),
                url: url.as_str().to_owned(),
                vkey: key.clone(),
                added_by: by.name.clone(),
                added_at: now,
                cosigned_size: 0,
                asked_at: None,
                trouble: None,
            };
            change.tx().insert_log_witness(&row).await?;
        }
        let role = if is_log { "log" } else { "witness" };
        let event = Event::WitnessAdded { by: by.name.clone(), name: name.clone(), role, key };
        change.commit(event).await?;
        Ok(name)
    }

    /// Forgets a log or a witness. What was cosigned stays cosigned.
    pub async fn remove_witness(&self, by: &Caller, name: &str) -> Result<(), WitnessError> {
        let mut change = self.begin().await?;
        if !change.tx().delete_witness(name).await? {
            return Err(WitnessError::NoSuch(name.chars().take(200).collect()));
        }
        let event = Event::WitnessRemoved { by: by.name.clone(), name: name.to_owned() };
        change.commit(event).await?;
        Ok(())
    }

    /// Everything about witnessing here.
    pub async fn list_witnesses(&self) -> Result<WitnessReport, StoreError> {
        let mut db = self.0.store.read().await?;
        Ok(WitnessReport {
            key: self.witness_key(),
            logs: db.list_witnessed_logs().await?,
            witnesses: db.list_log_witnesses().await?,
        })
    }

    /// The key with which this instance cosigns.
    pub fn witness_key(&self) -> String {
        self.0.witness.verifier().vkey()
    }
}
