//! Sources: added, trusted more or less, asked sooner or later, removed.

use weighbridge_domain::{Caller, RepoPattern, SourceName, Tier, Timestamp};
use weighbridge_store::{SourceRow, StoreError};
use weighbridge_upstream::{BadSourceUrl, SourceUrl};

use crate::{Engine, Event};

/// The protocols a source can speak.
const KINDS: &[&str] = &["hub"];

/// A source to add.
#[derive(Clone, Debug)]
pub struct NewSource {
    /// Its name.
    pub name: SourceName,
    /// The protocol it speaks: `hub`.
    pub kind: String,
    /// Where it is.
    pub url: String,
    /// How far it is trusted.
    pub tier: Tier,
    /// Its turn when several are asked, from 1; the last one when it is left out.
    pub position: Option<u32>,
}

/// A source, with everything configured about it but the secrets.
#[derive(Clone, Debug)]
pub struct SourceReport {
    /// Its name.
    pub name: SourceName,
    /// The protocol it speaks.
    pub kind: String,
    /// Where it is.
    pub url: String,
    /// How far it is trusted.
    pub tier: Tier,
    /// Its turn, from 1.
    pub position: u32,
    /// Repositories with a tier of their own.
    pub patterns: Vec<(RepoPattern, Tier)>,
    /// Repositories there is a credential for.
    pub credentials: Vec<RepoPattern>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Why a source is not changed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is none of that name.
    #[error("there is no source `{0}`")]
    NoSuchSource(SourceName),
    /// The name is taken.
    #[error("there is a source `{0}` already")]
    Taken(SourceName),
    /// Its kind is not one of ours.
    #[error("`{0}` is not a kind of source: use `hub`")]
    UnknownKind(String),
    /// Its address cannot be one.
    #[error(transparent)]
    Url(#[from] BadSourceUrl),
    /// The source has no such pattern.
    #[error("source `{0}` has no pattern `{1}`")]
    NoSuchPattern(SourceName, RepoPattern),
    /// The source has no credential for that pattern.
    #[error("source `{0}` has no credential for `{1}`")]
    NoSuchCredential(SourceName, RepoPattern),
    /// The secret cannot be one.
    #[error("a credential has 1 to 2,000 visible characters")]
    BadSecret,
    /// The secret could not be sealed.
    #[error("the credential could not be sealed")]
    Seal,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Every source, in the order in which they are asked.
    pub async fn list_sources(&self) -> Result<Vec<SourceReport>, StoreError> {
        let mut db = self.0.store.read().await?;
        let (rows, patterns) = (db.list_sources().await?, db.list_source_patterns().await?);
        let credentials = db.list_source_credentials().await?;
        let report = |(index, row): (usize, SourceRow)| SourceReport {
            patterns: patterns
                .iter()
                .filter(|pattern| pattern.source == row.name)
                .map(|pattern| (pattern.pattern.clone(), pattern.tier))
                .collect(),
            credentials: credentials
                .iter()
                .filter(|credential| credential.source == row.name)
                .map(|credential| credential.pattern.clone())
                .collect(),
            name: row.name,
            kind: row.kind,
            url: row.url,
            tier: row.tier,
            position: u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1),
            created_at: row.created_at,
        };
        Ok(rows.into_iter().enumerate().map(report).collect())
    }

    /// Adds a source. Nothing is asked of it yet.
    pub async fn add_source(&self, by: &Caller, new: NewSource) -> Result<(), SourceError> {
        if !KINDS.contains(&new.kind.as_str()) {
            return Err(SourceError::UnknownKind(new.kind.chars().take(40).collect()));
        }
        let url: SourceUrl = new.url.parse()?;
        let mut change = self.begin().await?;
        if change.tx().find_source(&new.name).await?.is_some() {
            return Err(SourceError::Taken(new.name));
        }
        let last = change.tx().list_sources().await?.last().map(|source| source.position);
        let row = SourceRow {
            name: new.name.clone(),
            kind: new.kind,
            url: url.as_str().to_owned(),
            tier: new.tier,
            position: last.map_or(0, |last| last.saturating_add(1)),
            created_at: self.0.settings.clock.now(),
        };
        change.tx().insert_source(&row).await?;
        if let Some(position) = new.position {
            reorder(&mut change, &new.name, position).await?;
        }
        let event = Event::SourceAdded {
            by: by.name.clone(),
            source: new.name.to_string(),
            url: row.url,
            tier: new.tier.number(),
        };
        change.commit(event).await?;
        Ok(())
    }

    /// Trusts a source more or less.
    pub async fn set_source_tier(
        &self,
        by: &Caller,
        name: &SourceName,
        tier: Tier,
    ) -> Result<(), SourceError> {
        let mut change = self.begin().await?;
        let Some(row) = change.tx().find_source(name).await? else {
            return Err(SourceError::NoSuchSource(name.clone()));
        };
        change.tx().set_source_tier(name, tier).await?;
        let event = Event::SourceTierChanged {
            by: by.name.clone(),
            source: name.to_string(),
            from: row.tier.number(),
            to: tier.number(),
        };
        change.commit(event).await?;
        Ok(())
    }

    /// Gives a source another turn, from 1.
    pub async fn move_source(
        &self,
        by: &Caller,
        name: &SourceName,
        position: u32,
    ) -> Result<(), SourceError> {
        let mut change = self.begin().await?;
        if change.tx().find_source(name).await?.is_none() {
            return Err(SourceError::NoSuchSource(name.clone()));
        }
        let order = reorder(&mut change, name, position).await?;
        change.commit(Event::SourcesReordered { by: by.name.clone(), order }).await?;
        Ok(())
    }

    /// Removes a source. What came from it stays on record and is refused from now on.
    pub async fn remove_source(&self, by: &Caller, name: &SourceName) -> Result<(), SourceError> {
        let mut change = self.begin().await?;
        if !change.tx().delete_source(name).await? {
            return Err(SourceError::NoSuchSource(name.clone()));
        }
        let event = Event::SourceRemoved { by: by.name.clone(), source: name.to_string() };
        change.commit(event).await?;
        Ok(())
    }
}

/// Puts `name` at `position`, counted from 1, and numbers all sources anew; answers their order.
async fn reorder(
    change: &mut crate::Change,
    name: &SourceName,
    position: u32,
) -> Result<Vec<String>, StoreError> {
    let rows = change.tx().list_sources().await?;
    let mut names: Vec<SourceName> =
        rows.into_iter().map(|row| row.name).filter(|other| other != name).collect();
    let index = usize::try_from(position).unwrap_or(usize::MAX).saturating_sub(1);
    names.insert(index.min(names.len()), name.clone());
    for (turn, name) in (0..).zip(&names) {
        change.tx().set_source_position(name, turn).await?;
    }
    Ok(names.iter().map(SourceName::to_string).collect())
}
