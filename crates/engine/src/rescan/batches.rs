//! Every file that other rules looked at, a batch at a time: while one batch is recorded the worker looks at the next.

use tokio::task::JoinHandle;
use weighbridge_store::{StalePage, StaleScan};

use super::Pass;
use super::files::Renewed;
use crate::Engine;
use crate::admit::Refused;

/// Files that one worker is given.
const FILES: usize = 256;
/// How many bytes they have together, when the whole of them is read.
const FILES_BYTES: u64 = 256 << 20;
/// Files that are listed at once.
const PAGE: u32 = 2_048;

/// A batch that a worker looks at.
type Looking = JoinHandle<Result<Vec<Renewed>, Refused>>;

impl Engine {
    /// Looks again at files of these formats, or at all others when there are none, the smallest first.
    pub(super) async fn renew_stale_files(
        &self,
        formats: &[&str],
        pass: &mut Pass,
    ) -> Result<(), Refused> {
        let mut after: Option<StaleScan> = None;
        let mut ahead: Option<Looking> = None;
        while !self.is_closing() {
            let page =
                StalePage { ruleset: &self.0.ruleset, formats, after: after.as_ref(), limit: PAGE };
            let stale = self.0.store.read().await?.list_stale_scans(&page).await?;
            let Some(last) = stale.last() else { break };
            after = Some(last.clone());
            for batch in batches(stale, !formats.is_empty()) {
                if self.is_closing() {
                    break;
                }
                let engine = self.clone();
                let next = tokio::spawn(async move { engine.look_again(batch).await });
                if let Some(before) = ahead.replace(next) {
                    self.finish_batch(before, pass).await?;
                }
            }
        }
        match ahead {
            Some(last) => self.finish_batch(last, pass).await,
            None => Ok(()),
        }
    }

    async fn finish_batch(&self, looking: Looking, pass: &mut Pass) -> Result<(), Refused> {
        let renewed = looking.await.map_err(Refused::internal)??;
        self.record(renewed, pass).await?;
        self.renew_urgent(pass).await
    }
}

/// What one worker is given at a time.
pub(super) fn batches(stale: Vec<StaleScan>, reads_headers: bool) -> Vec<Vec<StaleScan>> {
    let mut batches: Vec<Vec<StaleScan>> = Vec::new();
    let mut bytes = 0_u64;
    for one in stale {
        let cost = if reads_headers { 0 } else { one.size_bytes };
        match batches.last_mut() {
            Some(batch) if batch.len() < FILES && bytes.saturating_add(cost) <= FILES_BYTES => {
                bytes = bytes.saturating_add(cost);
                batch.push(one);
            }
            _ => {
                bytes = cost;
                batches.push(vec![one]);
            }
        }
    }
    batches
}
