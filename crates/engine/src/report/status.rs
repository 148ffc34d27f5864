//! The state of everything, in numbers.

use weighbridge_scan::{SandboxSupport, sandbox_support};
use weighbridge_store::{
    BreakGlassRow, CheckpointRow, Counts, LedgerHead, PolicyRow, RescanProgress, StoreError,
};

use crate::Engine;

/// The state of everything, in numbers.
#[derive(Clone, Debug)]
pub struct StatusReport {
    /// How much of everything there is.
    pub counts: Counts,
    /// The ledger as it stands.
    pub head: LedgerHead,
    /// The last checkpoint that was signed.
    pub checkpoint: Option<CheckpointRow>,
    /// What holds the scan worker.
    pub sandbox: SandboxSupport,
    /// Rules lifted in an emergency, now or without anybody having looked at it.
    pub break_glass: Vec<BreakGlassRow>,
    /// Files that are being fetched.
    pub transfers: u64,
    /// How far the scanner's rules of today have come with what lies here.
    pub rescan: RescanProgress,
    /// The version of the policy that decides.
    pub policy: Option<PolicyRow>,
    /// The configuration says something else, which is not in force.
    pub overrules_configuration: bool,
}

impl Engine {
    /// Counts everything.
    pub async fn status(&self) -> Result<StatusReport, StoreError> {
        let policy = self.0.store.read().await?.find_active_policy().await?;
        let overruled = match &policy {
            Some(row) => self.overruled(row, &self.configured()).await?,
            None => None,
        };
        let mut db = self.0.store.read().await?;
        Ok(StatusReport {
            overrules_configuration: overruled.is_some(),
            policy,
            counts: db.counts().await?,
            rescan: db.rescan_progress(&self.0.ruleset).await?,
            head: db.ledger_head().await?,
            checkpoint: db.find_latest_checkpoint().await?,
            break_glass: db.list_break_glass_unclosed(self.0.settings.clock.now()).await?,
            sandbox: sandbox_support(),
            transfers: u64::try_from(self.0.transfers.len()).unwrap_or(u64::MAX),
        })
    }

    /// Whether the store answers.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        self.0.store.generation().await.map(drop)
    }
}
