//! Retention: bodies of entries are erased, leaves never. The tree, its proofs and every receipt stay.
//!
//! The rules: an erasure is an entry itself, which is never erased and does not repeat whom it was about;
//! by age, only what explains no decision goes.

use std::collections::BTreeSet;

use serde_json::Value;
use weighbridge_domain::{Caller, Digest, Timestamp};
use weighbridge_evidence::{erased_body, erased_digest};
use weighbridge_store::{EntryRow, StoreError};

use crate::event::ErasedRun;
use crate::review::checked_text;
use crate::{Engine, Event};

/// Entries that are read at once.
const BATCH: u32 = 200;
/// Bodies that one erasure takes at most; what is left takes another one.
const MOST: usize = 2_000;
/// Kinds that go by age: they tell of traffic, and explain no decision.
pub(super) const BY_AGE: &[&str] =
    &["pulls", "ref.moved", "session.opened", "session.ended", "sign-in.refused"];
/// Kinds that never go: they say where the ledger began, and what was taken from it.
const NEVER: &[&str] = &["instance.created", "ledger.bodies-erased"];

/// What to erase.
#[derive(Clone, Debug)]
pub enum ErasureScope {
    /// Bodies of these kinds, from before a moment.
    Age {
        /// The kinds.
        kinds: Vec<String>,
        /// The moment.
        before: Timestamp,
    },
    /// Bodies in which somebody's name stands, whole, as a value of its own.
    Person(String),
}

/// What was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasureReport {
    /// How many bodies.
    pub erased: u64,
    /// Whether more are left: ask again.
    pub is_more: bool,
    /// The entry that says so; none when there was nothing to erase.
    pub position: Option<u64>,
}

/// Why nothing is erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The kind is not one that goes by age.
    #[error("`{0}` does not go by age: only {known} do, because they explain no decision", known = BY_AGE.join(", "))]
    NotByAge(String),
    /// The moment is not in the past.
    #[error("{0} is not in the past")]
    NotPast(Timestamp),
    /// A text is missing or too long.
    #[error("`because` takes 1 to 4000 characters")]
    BadText,
    /// The name is missing.
    #[error("it takes the name of a person")]
    NoName,
    /// The reason would keep what is to be erased.
    #[error("the reason names the person, and it is kept for ever: say it without the name")]
    NamesThePerson,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Erases bodies, up to some thousand at once.
    pub async fn erase_bodies(
        &self,
        by: &Caller,
        scope: ErasureScope,
        because: &str,
    ) -> Result<ErasureReport, EraseError> {
        let because = checked_text(because).ok_or(EraseError::BadText)?;
        let (what, kinds, before) = self.check(&scope, &because)?;
        let found = self.find_bodies(&scope).await?;
        if found.is_empty() {
            return Ok(ErasureReport { erased: 0, is_more: false, position: None });
        }
        let mut change = self.begin().await?;
        let mut positions = BTreeSet::new();
        for (position, body) in &found {
            let kept = erased_body(Digest::of(body.as_bytes()));
            if change.tx().erase_body(*position, body, &kept).await? {
                positions.insert(*position);
            }
        }
        change.keep_answers();
        let event = Event::BodiesErased {
            by: by.name.clone(),
            because,
            what,
            kinds,
            before,
            entries: runs(&positions),
        };
        let position = change.commit(event).await?;
        Ok(ErasureReport {
            erased: positions.len() as u64,
            is_more: found.len() >= MOST,
            position: Some(position),
        })
    }

    fn check(
        &self,
        scope: &ErasureScope,
        because: &str,
    ) -> Result<(&'static str, Vec<String>, Option<String>), EraseError> {
        match scope {
            ErasureScope::Age { kinds, before } => {
                let other = kinds.iter().find(|kind| !BY_AGE.contains(&kind.as_str()));
                if let Some(kind) = other {
                    return Err(EraseError::NotByAge(kind.chars().take(60).collect()));
                }
                if *before >= self.0.settings.clock.now() {
                    return Err(EraseError::NotPast(*before));
                }
                Ok(("age", kinds.clone(), Some(before.to_string())))
            }
            ErasureScope::Person(name) => {
                if name.trim().is_empty() {
                    return Err(EraseError::NoName);
                }
                if because.to_lowercase().contains(&name.trim().to_lowercase()) {
                    return Err(EraseError::NamesThePerson);
                }
                Ok(("person", Vec::new(), None))
            }
        }
    }

    /// The bodies of a scope, from the beginning of the ledger, with their places.
    async fn find_bodies(&self, scope: &ErasureScope) -> Result<Vec<(u64, String)>, StoreError> {
        let (mut found, mut next) = (Vec::new(), 0);
        loop {
            let entries = self.list_entries(next, BATCH).await?;
            let Some(last) = entries.last() else { return Ok(found) };
            next = last.position.saturating_add(1);
            for entry in entries {
                if concerns(scope, &entry) {
                    found.push((entry.position, entry.body));
                }
                if found.len() >= MOST {
                    return Ok(found);
                }
            }
        }
    }
}

/// Whether an erasure takes the body of the entry.
pub(super) fn concerns(scope: &ErasureScope, entry: &EntryRow) -> bool {
    if NEVER.contains(&entry.kind.as_str()) || erased_digest(&entry.body).is_some() {
        return false;
    }
    match scope {
        ErasureScope::Age { kinds, before } => kinds.contains(&entry.kind) && entry.at < *before,
        ErasureScope::Person(name) => {
            let body: Value = serde_json::from_str(&entry.body).unwrap_or_default();
            names(&body, name.trim())
        }
    }
}

/// Whether a text in the document is the name.
fn names(document: &Value, name: &str) -> bool {
    match document {
        Value::String(text) => text == name,
        Value::Array(items) => items.iter().any(|item| names(item, name)),
        Value::Object(fields) => fields.values().any(|value| names(value, name)),
        _ => false,
    }
}

/// Places in as few words as possible.
pub(super) fn runs(positions: &BTreeSet<u64>) -> Vec<ErasedRun> {
    let mut runs: Vec<ErasedRun> = Vec::new();
    for position in positions {
        match runs.last_mut() {
            Some(run) if run.last.checked_add(1) == Some(*position) => run.last = *position,
            _ => runs.push(ErasedRun { first: *position, last: *position }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_found_as_a_whole_value_wherever_it_stands() {
        let body = json!({"by": "dana", "served": [{"by": "ci"}], "comment": "danas idea"});
        assert!(names(&body, "dana") && names(&body, "ci") && !names(&body, "dan"));
    }

    #[test]
    fn places_that_follow_each_other_are_one_run() {
        let told = runs(&[3, 4, 5, 9].into_iter().collect());
        let told: Vec<_> = told.iter().map(|run| (run.first, run.last)).collect();
        assert_eq!(told, [(3, 5), (9, 9)]);
    }
}
