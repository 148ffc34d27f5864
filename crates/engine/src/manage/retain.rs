//! Retention by age, as it is configured: bodies that explain no decision go when they are old, a batch at a time.
//!
//! Each batch is an entry of its own, so that an auditor finds what is missing explained. Leaves stay.

use std::collections::BTreeSet;
use std::time::Duration;

use weighbridge_domain::{Digest, Timestamp};
use weighbridge_evidence::erased_body;
use weighbridge_store::StoreError;

use super::erase::{BY_AGE, ErasureScope, concerns, runs};
use crate::{Engine, Event};

/// How often it is looked for what has become old.
const LOOKS_EVERY: Duration = Duration::from_mins(30);
/// Entries that are read at once.
const READ: u32 = 200;
/// Bodies that go in one change: others wait for it.
const BATCH: usize = 500;
/// Where it is kept up to which entry everything old is gone; another list of kinds begins anew.
const PLACE: &str = "retention.1";
/// What it is called in the record.
const NAME: &str = "weighbridge";

impl Engine {
    /// Erases from time to time what is older than is kept, when anything is said about it.
    pub fn start_retention(&self) {
        if self.0.settings.keep_bodies.is_none() {
            return;
        }
        self.every(LOOKS_EVERY, |engine| async move {
            match engine.erase_what_is_old().await {
                Ok(0) => {}
                Ok(erased) => tracing::info!(erased, "old bodies of the ledger were erased"),
                Err(error) => {
                    tracing::error!(%error, "old bodies could not be erased; it is tried again");
                }
            }
        });
    }

    /// Erases the bodies that are older than is kept; answers how many.
    pub async fn erase_what_is_old(&self) -> Result<u64, StoreError> {
        let Some(keep) = self.0.settings.keep_bodies else { return Ok(0) };
        let before = self.0.settings.clock.now().minus(keep);
        let kinds = BY_AGE.iter().map(|kind| (*kind).to_owned()).collect();
        let scope = ErasureScope::Age { kinds, before };
        let mut erased = 0;
        while !self.is_closing() {
            let kept = self.0.store.read().await?.find_instance_value(PLACE).await?;
            let from = kept.and_then(|text| text.parse().ok()).unwrap_or(0);
            let (found, next) = self.find_old(&scope, before, from).await?;
            if found.is_empty() {
                break;
            }
            erased += self.erase_batch(&found, next, before, keep).await?;
        }
        Ok(erased)
    }

    /// Up to a batch of old bodies behind a place, and the place behind the last of them.
    async fn find_old(
        &self,
        scope: &ErasureScope,
        before: Timestamp,
        from: u64,
    ) -> Result<(Vec<(u64, String)>, u64), StoreError> {
        let (mut found, mut next, mut behind) = (Vec::new(), from, from);
        loop {
            let entries = self.list_entries(next, READ).await?;
            let Some(last) = entries.last() else { return Ok((found, behind)) };
            next = last.position.saturating_add(1);
            for entry in entries {
                // Entries follow each other in time, as far as clocks do.
                if entry.at >= before || found.len() >= BATCH {
                    return Ok((found, behind));
                }
                if concerns(scope, &entry) {
                    behind = entry.position.saturating_add(1);
                    found.push((entry.position, entry.body));
                }
            }
        }
    }

    async fn erase_batch(
        &self,
        found: &[(u64, String)],
        next: u64,
        before: Timestamp,
        keep: Duration,
    ) -> Result<u64, StoreError> {
        let mut change = self.begin().await?;
        let mut positions = BTreeSet::new();
        for (position, body) in found {
            let kept = erased_body(Digest::of(body.as_bytes()));
            if change.tx().erase_body(*position, body, &kept).await? {
                positions.insert(*position);
            }
        }
        // Another replica was faster: it has said so.
        if positions.is_empty() {
            return Ok(0);
        }
        change.tx().set_instance_value(PLACE, &next.to_string()).await?;
        change.keep_answers();
        let days = keep.as_secs() / (24 * 3_600);
        let event = Event::BodiesErased {
            by: NAME.to_owned(),
            because: format!("what tells of traffic is kept for {days} days (`ledger.keep_days`)"),
            what: "age",
            kinds: BY_AGE.iter().map(|kind| (*kind).to_owned()).collect(),
            before: Some(before.to_string()),
            entries: runs(&positions),
        };
        change.commit(event).await?;
        Ok(positions.len() as u64)
    }
}
