//! What was pulled while rules were lifted: for whoever closes a break-glass has to look at it.

use weighbridge_domain::{BreakGlassRule, Caller, Role};
use weighbridge_store::PulledRow;

use super::BreakGlassError;
use super::break_glass::{answers, no_such, within};
use crate::Engine;

/// How many rows are read, and told.
const READ: u32 = 5_000;
const TOLD: usize = 200;

/// What was pulled while rules were lifted.
#[derive(Clone, Debug, Default)]
pub struct PulledUnder {
    /// Who pulled what, the latest first.
    pub rows: Vec<PulledRow>,
    /// There is more than is told.
    pub is_cut: bool,
}

impl Engine {
    /// What was pulled of the artifacts of a break-glass in its environment while it lifted rules, whether or
    /// not it would have passed without; for those who may close it.
    pub async fn list_break_glass_pulls(
        &self,
        by: &Caller,
        id: &str,
    ) -> Result<PulledUnder, BreakGlassError> {
        let mut db = self.0.store.read().await?;
        let row = db.find_break_glass(id).await?.ok_or_else(|| no_such(id))?;
        let glass = &row.glass;
        if !by.holds(answers) {
            return Err(BreakGlassRule::NotAnswerable(by.role).into());
        }
        let by = within(by, &row.pattern, &glass.environment, answers)?;
        if by.role == Role::Approver && by.environment != glass.environment {
            let (own, asked) = (by.environment, glass.environment.clone());
            return Err(BreakGlassRule::OtherEnvironment { own, asked }.into());
        }
        let from = match (&glass.confirmed, glass.needs_second) {
            (Some((_, at)), _) => *at,
            (None, false) => glass.opened_at,
            (None, true) => return Ok(PulledUnder::default()),
        };
        let to =
            glass.closed.as_ref().map_or(glass.expires_at, |(_, at)| (*at).min(glass.expires_at));
        let mut rows = db.list_pulled(&glass.environment, from, to, READ).await?;
        let is_full = rows.len() >= usize::try_from(READ).unwrap_or(usize::MAX);
        rows.retain(|pulled| row.pattern.matches(&pulled.artifact));
        let is_cut = is_full || rows.len() > TOLD;
        rows.truncate(TOLD);
        Ok(PulledUnder { rows, is_cut })
    }
}
