//! Keys of others: each is trusted for some predicates about some artifacts, and for nothing else.

use weighbridge_domain::{Artifact, Caller, Grade, RepoPattern};
use weighbridge_evidence::{BadPublicKey, PublicKey};
use weighbridge_store::{Queries, StoreError, TrustedKeyRow};

use crate::{Engine, Event};

/// The most keys that are trusted at once: each is tried on each envelope.
const MAX_KEYS: usize = 100;
/// The most predicates or patterns of one key.
const MAX_SCOPES: usize = 50;
const MAX_NAME_CHARS: usize = 64;
const MAX_PREDICATE_CHARS: usize = 300;

/// A key to trust.
#[derive(Clone, Debug)]
pub struct NewTrustedKey {
    /// What to call it.
    pub name: String,
    /// The public key, as PEM.
    pub pem: String,
    /// The predicate types that count; one that ends in `*` is a beginning.
    pub predicates: Vec<String>,
    /// About which artifacts.
    pub patterns: Vec<RepoPattern>,
    /// How well what it says is known: `verified` or `declared`.
    pub grade: Grade,
}

/// Why a key is not trusted, or not removed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The name is none.
    #[error("a key is called by 1 to {MAX_NAME_CHARS} letters, digits, `-`, `_` and `.`")]
    BadName,
    /// The key is none.
    #[error(transparent)]
    BadKey(#[from] BadPublicKey),
    /// Ours needs no trust, and nobody gives theirs as ours.
    #[error("this is the key of this instance itself")]
    OwnKey,
    /// It is not said what it is trusted for.
    #[error(
        "a key is trusted for 1 to {MAX_SCOPES} predicate types and 1 to {MAX_SCOPES} patterns"
    )]
    BadScope,
    /// What somebody says is declared, or as good as verified.
    #[error("what a key says is `declared` or `verified`, not `{0}`")]
    BadGrade(Grade),
    /// The name or the key is trusted already.
    #[error("the name `{0}`, or this key, is trusted already")]
    Known(String),
    /// There are too many.
    #[error("{MAX_KEYS} keys are trusted already")]
    TooMany,
    /// There is no such key.
    #[error("no key `{0}` is trusted")]
    NoSuchKey(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for TrustError {
    fn from(error: StoreError) -> TrustError {
        TrustError::Store(error)
    }
}

impl Engine {
    /// Trusts a key of somebody else from now on.
    pub async fn add_trusted_key(
        &self,
        by: &Caller,
        new: NewTrustedKey,
    ) -> Result<TrustedKeyRow, TrustError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !(1..=MAX_NAME_CHARS).contains(&new.name.len()) || !new.name.chars().all(is_plain) {
            return Err(TrustError::BadName);
        }
        let key = PublicKey::from_pem(&new.pem)?;
        if key == *self.0.attestation_signer.public() {
            return Err(TrustError::OwnKey);
        }
        let is_type = |text: &String| {
            (1..=MAX_PREDICATE_CHARS).contains(&text.len())
                && text.chars().all(|c| c.is_ascii_graphic())
        };
        let fits = |count: usize| (1..=MAX_SCOPES).contains(&count);
        if !fits(new.predicates.len())
            || !fits(new.patterns.len())
            || !new.predicates.iter().all(is_type)
        {
            return Err(TrustError::BadScope);
        }
        if !matches!(new.grade, Grade::Verified | Grade::Declared) {
            return Err(TrustError::BadGrade(new.grade));
        }
        let now = self.0.settings.clock.now();
        let row = TrustedKeyRow {
            id: self.0.settings.ids.ulid(now),
            name: new.name,
            keyid: key.keyid(),
            pem: key.pem(),
            predicates: new.predicates,
            patterns: new.patterns,
            grade: new.grade,
            added_at: now,
        };
        let mut change = self.begin().await?;
        let known = change.tx().list_trusted_keys().await?;
        if known.iter().any(|other| other.name == row.name || other.keyid == row.keyid) {
            return Err(TrustError::Known(row.name));
        }
        if known.len() >= MAX_KEYS {
            return Err(TrustError::TooMany);
        }
        change.tx().insert_trusted_key(&row).await?;
        change
            .commit(Event::TrustedKeyAdded {
                by: by.name.clone(),
                name: row.name.clone(),
                keyid: row.keyid.clone(),
                predicates: row.predicates.clone(),
                patterns: row.patterns.iter().map(ToString::to_string).collect(),
                grade: row.grade.as_str(),
            })
            .await?;
        Ok(row)
    }

    /// Trusts a key no longer: what it signed stays on record, and no longer counts.
    pub async fn remove_trusted_key(&self, by: &Caller, name: &str) -> Result<(), TrustError> {
        let now = self.0.settings.clock.now();
        let mut change = self.begin().await?;
        let no_such = || TrustError::NoSuchKey(name.chars().take(MAX_NAME_CHARS).collect());
        let known = change.tx().list_trusted_keys().await?;
        let row = known.into_iter().find(|row| row.name == name).ok_or_else(no_such)?;
        change.tx().remove_trusted_key(name, now).await?;
        let event =
            Event::TrustedKeyRemoved { by: by.name.clone(), name: row.name, keyid: row.keyid };
        change.commit(event).await?;
        Ok(())
    }

    /// The keys that are trusted now, by name.
    pub async fn list_trusted_keys(&self) -> Result<Vec<TrustedKeyRow>, StoreError> {
        self.0.store.read().await?.list_trusted_keys().await
    }
}

/// Whether the key counts for that predicate about that artifact.
pub(crate) fn covers(key: &TrustedKeyRow, predicate_type: &str, artifact: &Artifact) -> bool {
    let is_meant = |pattern: &String| match pattern.strip_suffix('*') {
        Some(beginning) => predicate_type.starts_with(beginning),
        None => predicate_type == pattern,
    };
    key.predicates.iter().any(is_meant)
        && key.patterns.iter().any(|pattern| pattern.matches(artifact))
}

/// What others say of a revision that counts now: predicate type, name of the key, grade.
pub(crate) async fn foreign_facts(
    db: &mut Queries,
    revision_id: &str,
    artifact: &Artifact,
) -> Result<Vec<(String, String, Grade)>, StoreError> {
    let said = db.list_foreign_attestations(revision_id).await?;
    if said.is_empty() {
        return Ok(Vec::new());
    }
    let keys = db.list_trusted_keys().await?;
    let counted = said.into_iter().filter_map(|said| {
        let key = keys.iter().find(|key| key.keyid == said.keyid)?;
        covers(key, &said.predicate_type, artifact)
            .then(|| (said.predicate_type, key.name.clone(), said.grade.min_with(key.grade)))
    });
    Ok(counted.collect())
}
