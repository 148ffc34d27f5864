//! Names that are ours: they never fall through to a public source.

use weighbridge_domain::{Caller, RepoPattern};
use weighbridge_store::{ReservedNameRow, StoreError};

use crate::{Engine, Event};

/// Why a name is not reserved or given up.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// It is reserved already.
    #[error("`{0}` is reserved already")]
    Taken(RepoPattern),
    /// It is not reserved.
    #[error("`{0}` is not reserved")]
    NotReserved(RepoPattern),
    /// The reason is missing or too long.
    #[error("a reason has 1 to 500 characters: people read it when they are refused")]
    BadReason,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Every reserved name.
    pub async fn list_reserved_names(&self) -> Result<Vec<ReservedNameRow>, StoreError> {
        self.0.store.read().await?.list_reserved_names().await
    }

    /// Reserves the names that match a pattern.
    pub async fn reserve_name(
        &self,
        by: &Caller,
        pattern: RepoPattern,
        reason: &str,
    ) -> Result<(), ReserveError> {
        let reason = reason.trim();
        if reason.is_empty() || reason.len() > 500 || reason.chars().any(char::is_control) {
            return Err(ReserveError::BadReason);
        }
        let mut change = self.begin().await?;
        let known = change.tx().list_reserved_names().await?;
        if known.iter().any(|row| row.pattern == pattern) {
            return Err(ReserveError::Taken(pattern));
        }
        let event = Event::NameReserved {
            by: by.name.clone(),
            pattern: pattern.to_string(),
            reason: reason.to_owned(),
        };
        let created_at = self.0.settings.clock.now();
        let row = ReservedNameRow { pattern, reason: reason.to_owned(), created_at };
        change.tx().insert_reserved_name(&row).await?;
        change.commit(event).await?;
        Ok(())
    }

    /// Gives the names up.
    pub async fn unreserve_name(
        &self,
        by: &Caller,
        pattern: RepoPattern,
    ) -> Result<(), ReserveError> {
        let mut change = self.begin().await?;
        if !change.tx().delete_reserved_name(&pattern).await? {
            return Err(ReserveError::NotReserved(pattern));
        }
        let event = Event::NameUnreserved { by: by.name.clone(), pattern: pattern.to_string() };
        change.commit(event).await?;
        Ok(())
    }
}
