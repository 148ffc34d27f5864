//! Prepared answers, so that a warm request costs no query.
//!
//! The rule: an answer is used only while the generation it was prepared under is the current one;
//! every change that could alter an answer raises the generation in its own transaction. Nothing
//! here is ever trusted beyond that.

use std::sync::Arc;

use moka::sync::Cache;
use weighbridge_domain::{Caller, Environment, RepoPath, Timestamp, TokenDigest};

use crate::admit::{Ask, FileView, RevisionView};

/// With the generation it was prepared under.
type Aged<T> = (u64, T);
/// A caller, and when the token ends.
type KnownCaller = (Arc<Caller>, Option<Timestamp>);
/// A view, and how long it holds by the clock.
type TimedView = (Arc<RevisionView>, Timestamp);

/// The caches of one engine.
pub(crate) struct Views {
    callers: Cache<TokenDigest, Aged<KnownCaller>>,
    revisions: Cache<(Ask, Environment), Aged<TimedView>>,
    files: Cache<(String, RepoPath), Aged<Arc<FileView>>>,
}

impl Default for Views {
    fn default() -> Views {
        Views {
            callers: Cache::new(10_000),
            revisions: Cache::new(10_000),
            files: Cache::new(50_000),
        }
    }
}

impl Views {
    pub(crate) fn caller(&self, digest: TokenDigest, generation: u64) -> Option<KnownCaller> {
        self.callers.get(&digest).filter(|(age, _)| *age == generation).map(|(_, caller)| caller)
    }

    pub(crate) fn keep_caller(
        &self,
        digest: TokenDigest,
        generation: u64,
        caller: &Caller,
        expires_at: Option<Timestamp>,
    ) {
        self.callers.insert(digest, (generation, (Arc::new(caller.clone()), expires_at)));
    }

    /// The view prepared for an ask, unless it is too old by the clock.
    pub(crate) fn revision(
        &self,
        key: &(Ask, Environment),
        generation: u64,
        now: Timestamp,
    ) -> Option<Arc<RevisionView>> {
        let (age, (view, until)) = self.revisions.get(key)?;
        (age == generation && now < until).then_some(view)
    }

    pub(crate) fn keep_revision(
        &self,
        key: (Ask, Environment),
        generation: u64,
        view: &Arc<RevisionView>,
        until: Timestamp,
    ) {
        self.revisions.insert(key, (generation, (Arc::clone(view), until)));
    }

    pub(crate) fn file(&self, key: &(String, RepoPath), generation: u64) -> Option<Arc<FileView>> {
        self.files.get(key).filter(|(age, _)| *age == generation).map(|(_, file)| file)
    }

    pub(crate) fn keep_file(&self, key: (String, RepoPath), generation: u64, file: &Arc<FileView>) {
        self.files.insert(key, (generation, Arc::clone(file)));
    }
}
