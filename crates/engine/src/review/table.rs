//! The decision table in force: shown, changed, put back. Every change is on record, and every request
//! names the table that it was made under.

use weighbridge_domain::{BadTable, Caller, Digest, LaneTable, Role};
use weighbridge_store::{Queries, StoreError, lane_document};

use crate::{Engine, Event};

/// The decision table in force.
#[derive(Clone, Debug)]
pub struct LanesReport {
    /// The table.
    pub table: LaneTable,
    /// The digest that names it.
    pub digest: Digest,
    /// Whether it is the one that is shipped.
    pub is_shipped: bool,
}

/// Why the decision table is not changed.
#[derive(Debug, thiserror::Error)]
pub enum LanesError {
    /// The role changes no table.
    #[error("the role `{0}` does not change the decision table: an administrator does")]
    NotYours(Role),
    /// The table cannot be used.
    #[error(transparent)]
    BadTable(#[from] BadTable),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// The decision table in force.
    pub async fn show_lanes(&self) -> Result<LanesReport, StoreError> {
        let mut db = self.0.store.read().await?;
        lanes(&mut db).await
    }

    /// Changes the decision table; without one, the shipped one is in force again.
    pub async fn set_lanes(
        &self,
        by: &Caller,
        table: Option<LaneTable>,
    ) -> Result<LanesReport, LanesError> {
        if by.role != Role::Admin {
            return Err(LanesError::NotYours(by.role));
        }
        let is_shipped = table.is_none();
        let table = table.unwrap_or_else(LaneTable::shipped).checked()?;
        let mut change = self.begin().await?;
        let before = lanes(change.tx()).await?;
        let digest = change.tx().put_lane_table(&table).await?;
        if (digest, is_shipped) == (before.digest, before.is_shipped) {
            return Ok(before);
        }
        change.tx().set_lane_table((!is_shipped).then_some(digest)).await?;
        change
            .commit(Event::LanesChanged {
                by: by.name.clone(),
                from: before.digest.to_string(),
                to: digest.to_string(),
                shipped: is_shipped,
            })
            .await?;
        Ok(LanesReport { table, digest, is_shipped })
    }
}

/// The decision table in force, and the digest that names it.
pub(super) async fn lanes(db: &mut Queries) -> Result<LanesReport, StoreError> {
    let set = db.find_lane_table().await?;
    let is_shipped = set.is_none();
    let table = set.unwrap_or_else(LaneTable::shipped);
    let (digest, _) = lane_document(&table)?;
    Ok(LanesReport { table, digest, is_shipped })
}
