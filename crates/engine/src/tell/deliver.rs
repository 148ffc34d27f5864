//! One delivery: sent, and what its answer means.

use std::time::Duration;

use weighbridge_domain::Timestamp;
use weighbridge_store::{DeliveryRow, DeliveryState, Settled, StoreError, WebhookRow};
use weighbridge_upstream::{OutletReply, OutletUrl};

use super::message::Message;
use super::topics::topics;
use crate::{Engine, Event};

/// Deliveries to one receiver at once.
pub(super) const AT_ONCE: u32 = 4;
/// How long a delivery belongs to whoever took it. Longer than an attempt can last.
const LEASE: Duration = Duration::from_mins(2);
/// The pauses after each attempt that failed; after the last one it is given up, three days later.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// What an attempt came to.
enum Attempt {
    /// The receiver took the message.
    Taken(u16),
    /// It did not, this time.
    Failed { status: Option<u16>, what: String, retry_after: Option<Duration> },
    /// It says that it is there no more.
    Gone,
}

impl Engine {
    /// Delivers everything that is due to one receiver.
    pub(super) async fn deliver_due(&self, webhook: &WebhookRow) -> Result<(), StoreError> {
        loop {
            let now = self.0.settings.clock.now();
            let store = &self.0.store;
            let until = now.plus(LEASE);
            let claimed = store.claim_deliveries(&webhook.id, now, until, AT_ONCE).await?;
            if claimed.is_empty() || self.is_closing() {
                return Ok(());
            }
            let attempts = claimed.iter().map(|delivery| self.deliver(webhook, delivery));
            for gone in futures_util::future::try_join_all(attempts).await? {
                if gone {
                    return self.disable_gone(&webhook.id).await;
                }
            }
        }
    }

    /// Tries one delivery; true when the receiver says that it is there no more.
    async fn deliver(
        &self,
        webhook: &WebhookRow,
        delivery: &DeliveryRow,
    ) -> Result<bool, StoreError> {
        let attempt = self.attempt(webhook, delivery.position).await?;
        let now = self.0.settings.clock.now();
        let settled = self.settled(&attempt, delivery.attempts, now);
        if let Some(trouble) = &settled.trouble {
            let (name, state) = (&webhook.name, settled.state.as_str());
            tracing::warn!(trouble, state, "webhook `{name}` was not told of an entry");
        }
        self.0.store.settle_delivery(delivery, &settled).await?;
        Ok(matches!(attempt, Attempt::Gone))
    }

    async fn attempt(&self, webhook: &WebhookRow, position: u64) -> Result<Attempt, StoreError> {
        let failed =
            |what: &str| Attempt::Failed { status: None, what: what.to_owned(), retry_after: None };
        let found = self.0.store.read().await?.list_entries(position, 1).await?;
        let Some(entry) = found.into_iter().find(|entry| entry.position == position) else {
            return Ok(failed("the entry is missing"));
        };
        let body = serde_json::from_str(&entry.body).unwrap_or_default();
        let topics = topics(&entry.kind, &body);
        let message = Message::about(&entry, topics, &self.0.settings.log_origin);
        Ok(self.send(webhook, message).await)
    }

    /// Sends one message and reads what the answer means.
    async fn send(&self, webhook: &WebhookRow, message: Message) -> Attempt {
        let failed = |what: String| Attempt::Failed { status: None, what, retry_after: None };
        let Some(outgoing) = self.signed(webhook, message) else {
            return failed("its secret cannot be opened: rotate it".to_owned());
        };
        let url: OutletUrl = match webhook.url.parse() {
            Ok(url) => url,
            Err(error) => return failed(format!("{error}")),
        };
        match self.0.outlet.post(&url, outgoing).await {
            Ok(reply) => Attempt::of(&reply),
            Err(trouble) => failed(trouble.what),
        }
    }

    fn settled(&self, attempt: &Attempt, attempts: u64, now: Timestamp) -> Settled {
        let ended = |state, status: u16, trouble| Settled {
            state,
            due_at: now,
            status: Some(u64::from(status)),
            trouble,
            settled_at: Some(now),
        };
        let (status, what, retry_after) = match attempt {
            Attempt::Taken(status) => return ended(DeliveryState::Delivered, *status, None),
            Attempt::Gone => {
                let told = "it answered 410: there is no receiver any more".to_owned();
                return ended(DeliveryState::Dead, 410, Some(told));
            }
            Attempt::Failed { status, what, retry_after } => (status, what, retry_after),
        };
        let failed = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let pause = PAUSES.get(failed).map(|pause| {
            let pause = self.jittered(*pause);
            retry_after.map_or(pause, |asked| pause.max(asked))
        });
        Settled {
            state: if pause.is_some() { DeliveryState::Waiting } else { DeliveryState::Dead },
            due_at: now.plus(pause.unwrap_or_default()),
            status: status.map(u64::from),
            trouble: Some(what.clone()),
            settled_at: pause.is_none().then_some(now),
        }
    }

    /// The pause, up to a fifth longer or shorter, so that messages which failed together do not come
    /// back together.
    fn jittered(&self, pause: Duration) -> Duration {
        let mut random = [0];
        self.0.settings.ids.fill(&mut random);
        let [random] = random;
        pause * (800 + u32::from(random) * 400 / 255) / 1_000
    }

    /// Tells a receiver that is there no more nothing from now on.
    async fn disable_gone(&self, webhook_id: &str) -> Result<(), StoreError> {
        let because = "it answered 410: there is no receiver any more".to_owned();
        let mut change = self.begin().await?;
        let found = change.tx().find_webhook(webhook_id).await?;
        let Some(mut row) = found.filter(|row| row.disabled_at.is_none()) else { return Ok(()) };
        row.disabled_at = Some(self.0.settings.clock.now());
        row.disabled_because = Some(because.clone());
        change.tx().save_webhook(&row).await?;
        let event = Event::WebhookChanged {
            by: "weighbridge".to_owned(),
            webhook: row.id,
            name: row.name,
            change: "disabled",
            because: Some(because),
        };
        change.commit(event).await.map(drop)
    }

    /// Sends a message that only says that messages arrive: the status, or what went wrong.
    pub(super) async fn send_test(&self, webhook: &WebhookRow) -> Result<u16, String> {
        let now = self.0.settings.clock.now();
        let ulid = self.0.settings.ids.ulid(now);
        let message = Message::test(&ulid, &self.0.settings.log_origin, now);
        match self.send(webhook, message).await {
            Attempt::Taken(status) => Ok(status),
            Attempt::Gone => Err("it answered 410: there is no receiver any more".to_owned()),
            Attempt::Failed { what, .. } => Err(what),
        }
    }
}

impl Attempt {
    fn of(reply: &OutletReply) -> Attempt {
        let status = reply.status;
        let what = match status {
            200..=299 => return Attempt::Taken(status),
            410 => return Attempt::Gone,
            300..=399 => format!("it answered {status}: redirects are not followed"),
            _ => format!("it answered {status}"),
        };
        Attempt::Failed { status: Some(status), what, retry_after: reply.retry_after }
    }
}
