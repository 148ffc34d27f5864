//! Receivers: added with a secret that is shown once, tested, rotated, disabled, removed.

use std::collections::BTreeSet;
use std::time::Duration;

use weighbridge_domain::{Caller, Topic};
use weighbridge_evidence::{WEBHOOK_SECRET_BYTES, WebhookSecret};
use weighbridge_store::{DeliveryCount, DeliveryRow, DeliveryState, StoreError, WebhookRow};
use weighbridge_upstream::{BadOutletUrl, OutletUrl};

use super::message::secret_purpose;
use crate::{Engine, Event};

/// The most receivers there may be.
const MOST: usize = 100;
/// How long the secret before still signs, beside the new one.
const BOTH_SIGN: Duration = Duration::from_hours(24);

/// A receiver to add.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it is told about; everything when it is empty.
    pub topics: Vec<Topic>,
}

/// A receiver, and how far its deliveries are.
#[derive(Clone, Debug)]
pub struct WebhookReport {
    /// The receiver.
    pub row: WebhookRow,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries that were given up in the last 30 days.
    pub dead: u64,
}

/// What a receiver answered to a test.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// Its status, when it took the message.
    pub status: Option<u16>,
    /// What went wrong.
    pub trouble: Option<String>,
}

/// Why a receiver is not added or changed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The name cannot be one.
    #[error("a webhook's name has 1 to 100 visible characters")]
    BadName,
    /// There is one of that name.
    #[error("there is a webhook `{0}` already")]
    Taken(String),
    /// There are too many.
    #[error("there are {MOST} webhooks already")]
    TooMany,
    /// Nothing can be sent there.
    #[error("{0}")]
    BadUrl(#[from] BadOutletUrl),
    /// There is none of that name or id.
    #[error("there is no webhook `{0}`")]
    NoSuchWebhook(String),
    /// The secret could not be sealed.
    #[error("the secret could not be sealed")]
    Seal,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Adds a receiver. The secret is shown now and never again.
    pub async fn add_webhook(
        &self,
        by: &Caller,
        new: NewWebhook,
    ) -> Result<(WebhookRow, WebhookSecret), WebhookError> {
        let name = new.name.trim().to_owned();
        let fits = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !fits {
            return Err(WebhookError::BadName);
        }
        let url: OutletUrl = new.url.parse()?;
        self.0.outlet.check(&url)?;
        let topics: BTreeSet<Topic> = if new.topics.is_empty() {
            Topic::ALL.into_iter().collect()
        } else {
            new.topics.into_iter().collect()
        };
        let now = self.0.settings.clock.now();
        let id = self.0.settings.ids.ulid(now);
        let (secret, sealed) = self.new_secret(&id)?;
        let mut change = self.begin().await?;
        let all = change.tx().list_webhooks().await?;
        if all.iter().any(|row| row.name == name) {
            return Err(WebhookError::Taken(name));
        }
        if all.len() >= MOST {
            return Err(WebhookError::TooMany);
        }
        let row = WebhookRow {
            id,
            name,
            url: url.as_str().to_owned(),
            topics: topics.into_iter().collect(),
            secret: sealed,
            previous_secret: None,
            previous_until: None,
            created_by: by.name.clone(),
            created_at: now,
            disabled_at: None,
            disabled_because: None,
            // What happened before is not told; that it was added is.
            next_position: change.tx().head().size,
        };
        change.tx().insert_webhook(&row).await?;
        let event = Event::WebhookAdded {
            by: by.name.clone(),
            webhook: row.id.clone(),
            name: row.name.clone(),
            host: url.host(),
            topics: row.topics.iter().map(Topic::to_string).collect(),
        };
        change.commit(event).await?;
        Ok((row, secret))
    }

    /// Every receiver, and how far its deliveries are.
    pub async fn list_webhooks(&self) -> Result<Vec<WebhookReport>, StoreError> {
        let mut db = self.0.store.read().await?;
        let counts = db.count_deliveries().await?;
        let rows = db.list_webhooks().await?;
        Ok(rows.into_iter().map(|row| report(row, &counts)).collect())
    }

    /// The last deliveries to a receiver, the newest entry first, from before `before` on.
    pub async fn list_deliveries(
        &self,
        which: &str,
        before: u64,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, WebhookError> {
        let mut db = self.0.store.read().await?;
        let row = db.find_webhook(which).await?.ok_or_else(|| no_such(which))?;
        Ok(db.list_deliveries(&row.id, before, limit).await?)
    }

    /// Tells a receiver nothing from now on, or again. What happened in between is not told later: it
    /// stands in the ledger.
    pub async fn enable_webhook(
        &self,
        by: &Caller,
        which: &str,
        is_enabled: bool,
    ) -> Result<WebhookRow, WebhookError> {
        let mut change = self.begin().await?;
        let mut row = change.tx().find_webhook(which).await?.ok_or_else(|| no_such(which))?;
        if row.disabled_at.is_none() == is_enabled {
            return Ok(row);
        }
        if is_enabled {
            (row.disabled_at, row.disabled_because) = (None, None);
            row.next_position = change.tx().head().size;
        } else {
            row.disabled_at = Some(self.0.settings.clock.now());
            row.disabled_because = Some(format!("`{}` disabled it", by.name));
        }
        change.tx().save_webhook(&row).await?;
        let word = if is_enabled { "enabled" } else { "disabled" };
        change.commit(changed(by, &row, word)).await?;
        Ok(row)
    }

    /// Makes a new secret. For a day the one before signs too, so that no message is refused meanwhile.
    pub async fn rotate_webhook(
        &self,
        by: &Caller,
        which: &str,
    ) -> Result<(WebhookRow, WebhookSecret), WebhookError> {
        let mut change = self.begin().await?;
        let mut row = change.tx().find_webhook(which).await?.ok_or_else(|| no_such(which))?;
        let (secret, sealed) = self.new_secret(&row.id)?;
        row.previous_secret = Some(std::mem::replace(&mut row.secret, sealed));
        row.previous_until = Some(self.0.settings.clock.now().plus(BOTH_SIGN));
        change.tx().save_webhook(&row).await?;
        change.commit(changed(by, &row, "rotated")).await?;
        Ok((row, secret))
    }

    /// Removes a receiver, and everything that was on its way to it.
    pub async fn remove_webhook(&self, by: &Caller, which: &str) -> Result<(), WebhookError> {
        let mut change = self.begin().await?;
        let row = change.tx().find_webhook(which).await?.ok_or_else(|| no_such(which))?;
        change.tx().delete_webhook(&row.id).await?;
        let event = Event::WebhookRemoved { by: by.name.clone(), webhook: row.id, name: row.name };
        change.commit(event).await?;
        Ok(())
    }

    /// Sends a message that only says that messages arrive, and tells what came back.
    pub async fn test_webhook(&self, which: &str) -> Result<TestReport, WebhookError> {
        let found = self.0.store.read().await?.find_webhook(which).await?;
        let row = found.ok_or_else(|| no_such(which))?;
        Ok(match self.send_test(&row).await {
            Ok(status) => TestReport { status: Some(status), trouble: None },
            Err(trouble) => TestReport { status: None, trouble: Some(trouble) },
        })
    }

    fn new_secret(&self, webhook_id: &str) -> Result<(WebhookSecret, String), WebhookError> {
        let mut bytes = [0; WEBHOOK_SECRET_BYTES];
        self.0.settings.ids.fill(&mut bytes);
        let secret = WebhookSecret::from_bytes(bytes);
        let sealed = self.seal(&secret_purpose(webhook_id), &secret.reveal());
        Ok((secret, sealed.ok_or(WebhookError::Seal)?))
    }
}

fn report(row: WebhookRow, counts: &[DeliveryCount]) -> WebhookReport {
    let count = |state: DeliveryState| {
        let of = counts.iter().find(|count| count.webhook_id == row.id && count.state == state);
        of.map_or(0, |count| count.count)
    };
    let (waiting, dead) = (count(DeliveryState::Waiting), count(DeliveryState::Dead));
    WebhookReport { row, waiting, dead }
}

fn no_such(which: &str) -> WebhookError {
    WebhookError::NoSuchWebhook(which.chars().take(120).collect())
}

fn changed(by: &Caller, row: &WebhookRow, change: &'static str) -> Event {
    Event::WebhookChanged {
        by: by.name.clone(),
        webhook: row.id.clone(),
        name: row.name.clone(),
        change,
        because: None,
    }
}
