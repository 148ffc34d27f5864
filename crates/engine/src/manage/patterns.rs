//! Patterns of a source's repositories that have a tier of their own.

use weighbridge_domain::{Caller, RepoPattern, SourceName, Tier};
use weighbridge_store::SourcePatternRow;

use crate::manage::SourceError;
use crate::{Engine, Event};

impl Engine {
    /// Trusts some repositories of a source more or less than the source.
    pub async fn set_source_pattern(
        &self,
        by: &Caller,
        source: &SourceName,
        pattern: RepoPattern,
        tier: Tier,
    ) -> Result<(), SourceError> {
        let mut change = self.begin().await?;
        if change.tx().find_source(source).await?.is_none() {
            return Err(SourceError::NoSuchSource(source.clone()));
        }
        let event = Event::SourcePatternSet {
            by: by.name.clone(),
            source: source.to_string(),
            pattern: pattern.to_string(),
            tier: tier.number(),
        };
        let row = SourcePatternRow { source: source.clone(), pattern, tier };
        change.tx().set_source_pattern(&row).await?;
        change.commit(event).await?;
        Ok(())
    }

    /// Lets those repositories have the tier of their source again.
    pub async fn remove_source_pattern(
        &self,
        by: &Caller,
        source: &SourceName,
        pattern: RepoPattern,
    ) -> Result<(), SourceError> {
        let mut change = self.begin().await?;
        if !change.tx().delete_source_pattern(source, &pattern).await? {
            return Err(SourceError::NoSuchPattern(source.clone(), pattern));
        }
        let event = Event::SourcePatternRemoved {
            by: by.name.clone(),
            source: source.to_string(),
            pattern: pattern.to_string(),
        };
        change.commit(event).await?;
        Ok(())
    }
}
