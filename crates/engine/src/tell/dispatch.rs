//! From the ledger to the receivers: which entries concern whom, and who is told now.

use std::sync::atomic::Ordering;
use std::time::Duration;

use weighbridge_domain::Topic;
use weighbridge_store::{StoreError, StoreUrl, WebhookRow};

use super::topics::{is_told, topics};
use crate::Engine;

/// How often it is looked without being woken: for what is due again, and for what other replicas wrote.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The shortest pause between two looks: what comes in bursts is told in bursts.
const REST: Duration = Duration::from_millis(100);
/// Entries that are looked at in one go.
const BATCH: u32 = 500;
/// How far a place in the ledger may fall behind when nothing concerns its receiver.
const LAG: u64 = 1_000;
/// For how long it is remembered how a delivery ended.
const REMEMBERED: Duration = Duration::from_hours(24 * 30);

impl Engine {
    /// Tells receivers what happens, until the engine is closed. A server does; a command does not.
    pub fn start_telling(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            engine.release_own_leases().await;
            while !engine.is_closing() {
                if let Err(error) = engine.look_once().await {
                    tracing::warn!(%error, "nobody could be told anything; it is tried again");
                }
                tokio::time::timeout(LOOK_EVERY, engine.0.news.notified()).await.ok();
                tokio::time::sleep(REST).await;
            }
        });
    }

    /// Tells everybody everything that is due now, and waits until that is done.
    pub async fn tell_now(&self) -> Result<(), StoreError> {
        self.tell_of_ended_break_glass().await?;
        for webhook in self.told_webhooks().await? {
            self.plan(&webhook).await?;
            self.deliver_due(&webhook).await?;
        }
        Ok(())
    }

    /// Whether it is being closed: what would go on for ever ends.
    pub fn is_closing(&self) -> bool {
        self.0.is_closing.load(Ordering::Acquire)
    }

    /// Plans, and starts deliveries to everybody who is not being told something already.
    async fn look_once(&self) -> Result<(), StoreError> {
        self.tell_of_ended_break_glass().await?;
        for webhook in self.told_webhooks().await? {
            self.plan(&webhook).await?;
            let is_new = self.lock_told().insert(webhook.id.clone());
            if !is_new {
                continue;
            }
            let engine = self.clone();
            tokio::spawn(async move {
                if let Err(error) = engine.deliver_due(&webhook).await {
                    tracing::warn!(%error, "webhook `{}` could not be told", webhook.name);
                }
                engine.lock_told().remove(&webhook.id);
            });
        }
        Ok(())
    }

    fn lock_told(&self) -> std::sync::MutexGuard<'_, std::collections::HashSet<String>> {
        self.0.told_now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn told_webhooks(&self) -> Result<Vec<WebhookRow>, StoreError> {
        let mut all = self.0.store.read().await?.list_webhooks().await?;
        all.retain(|webhook| webhook.disabled_at.is_none());
        Ok(all)
    }

    /// Finds the entries that concern a receiver, from its place in the ledger on.
    async fn plan(&self, webhook: &WebhookRow) -> Result<(), StoreError> {
        let (mut from, mut next) = (webhook.next_position, webhook.next_position);
        loop {
            let mut db = self.0.store.read().await?;
            let kinds = db.list_entry_kinds(next, BATCH).await?;
            let Some(last) = kinds.last() else { break };
            let after_last = last.position + 1;
            let mut concern = Vec::new();
            for entry in kinds {
                if !is_told(&entry.kind) {
                    continue;
                }
                let found = db.list_entries(entry.position, 1).await?;
                let body = found.first().map(|entry| entry.body.as_str()).unwrap_or_default();
                let body = serde_json::from_str(body).unwrap_or_default();
                let topics: &[Topic] = topics(&entry.kind, &body);
                if topics.iter().any(|topic| webhook.topics.contains(topic)) {
                    concern.push(entry.position);
                }
            }
            drop(db);
            next = after_last;
            if concern.is_empty() && next - from < LAG {
                continue;
            }
            let now = self.0.settings.clock.now();
            let forget_before = now.minus(REMEMBERED);
            let store = &self.0.store;
            let times = (now, forget_before);
            if !store.plan_deliveries(&webhook.id, (from, next), &concern, times).await? {
                return Ok(());
            }
            from = next;
        }
        Ok(())
    }

    /// Nobody else is at work on this database right after a start, unless it has replicas.
    async fn release_own_leases(&self) {
        if matches!(self.0.settings.database, StoreUrl::Postgres(_)) {
            return;
        }
        if let Err(error) = self.0.store.release_deliveries().await {
            tracing::warn!(%error, "deliveries that were under way wait for their leases");
        }
    }
}
