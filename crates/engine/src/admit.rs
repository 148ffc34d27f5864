//! Admission: ask → fetch → hold → scan → decide → release. Bytes leave quarantine only from here.
//!
//! | file | step |
//! |---|---|
//! | `locate` | a name as asked → the canonical artifact, its source and tier |
//! | `source` | a source as it is configured |
//! | `list` | a branch or commit → a revision whose file list is fixed |
//! | `facts` | everything policy may know about a revision |
//! | `decide` | policy's answer for one environment, recorded |
//! | `open` | the door: what a caller may have |
//! | `small` | the small files of a revision, fetched and scanned together |
//! | `held` | bytes that are here already, for whom they may be reused |
//! | `fetch` | one large file: fetched, verified, scanned |
//! | `writer`, `hashing` | its partial file, hashed while it is written |
//! | `transfer` | the shared state of a file on its way in |
//! | `scan` | the places of the scanner |
//! | `whole` | every file of a revision, before anybody pulls it |
//! | `judge` | scan reports into custody |
//! | `reading` | the bytes as a caller gets them |
//! | `browse` | branches, history and search |

pub(crate) mod browse;
pub(crate) mod decide;
pub(crate) mod facts;
pub(crate) mod fetch;
pub(crate) mod hashing;
pub(crate) mod held;
pub(crate) mod judge;
pub(crate) mod list;
pub(crate) mod locate;
pub(crate) mod open;
pub(crate) mod reading;
pub(crate) mod scan;
pub(crate) mod small;
pub(crate) mod source;
pub(crate) mod together;
pub(crate) mod transfer;
pub(crate) mod whole;
pub(crate) mod writer;

use std::sync::Arc;

use tokio::time::Duration;
use weighbridge_domain::{
    Artifact, CommitId, Decision, Digest, GitOid, Outcome, Reason, RepoPath, RevisionSpec,
    SourceName,
};

pub use reading::Reading;

/// How many reasons a sentence names.
const TOLD_REASONS: usize = 3;

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    /// The artifact, as the caller wrote its name.
    pub artifact: Artifact,
    /// The revision, as the caller wrote it.
    pub revision: RevisionSpec,
}

/// What upstream says about a revision, kept for answers while upstream is down.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the Hub's own words for its fields")]
pub struct Card {
    pub private: bool,
    pub gated: bool,
    pub last_modified: Option<String>,
    pub author: Option<String>,
    pub tags: Vec<String>,
    pub licences: Vec<String>,
    pub pipeline_tag: Option<String>,
    pub library_name: Option<String>,
    pub downloads: u64,
    pub card_data: serde_json::Map<String, serde_json::Value>,
}

/// A revision a caller may know of, with the decision that holds for the caller's environment.
#[derive(Clone, Debug)]
pub struct RevisionView {
    /// The id of the revision in the store.
    pub id: String,
    /// The id of the artifact in the store.
    pub artifact_id: String,
    /// The artifact under its canonical name.
    pub artifact: Artifact,
    /// Where it comes from.
    pub source: SourceName,
    /// The commit.
    pub commit: CommitId,
    /// What upstream said about it when it was first seen.
    pub card: Arc<Card>,
    /// Upstream gives the artifact to some people only, as far as it said last.
    pub restricted: bool,
    /// What policy says.
    pub decision: Arc<Decision>,
    /// The environment has downloaded from it before.
    pub was_downloaded: bool,
    /// Upstream could not be asked whether the branch has moved.
    pub stale: bool,
    /// Rules are lifted for it in an emergency: which, until when, by whom.
    pub emergency: Option<String>,
    /// When the first of the approvals and waivers ends on which the decision rests.
    pub holds_until: Option<weighbridge_domain::Timestamp>,
}

impl RevisionView {
    /// Whether the caller's environment may have it.
    pub fn allowed(&self) -> Result<(), Refused> {
        if self.decision.outcome == Outcome::Allow {
            return Ok(());
        }
        Err(Refused::ByPolicy {
            artifact: self.artifact.clone(),
            decision: Arc::clone(&self.decision),
            was_downloaded: self.was_downloaded,
        })
    }
}

/// One file of a revision.
#[derive(Clone, Debug)]
pub struct FileView {
    /// Its path.
    pub path: RepoPath,
    /// Its size.
    pub size_bytes: u64,
    /// Its git blob id (of the pointer, when it lies in LFS).
    pub git_oid: GitOid,
    /// Its SHA-256 when it lies in LFS.
    pub lfs: Option<Digest>,
    /// Where its bytes stand.
    pub standing: Standing,
}

/// Where the bytes of one file stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has asked for them yet, or they are on their way in.
    NotHere,
    /// They are here and verified; the verdict is missing.
    Held(Digest),
    /// They were judged and may be served where policy allows it.
    Released(Digest),
    /// They were judged dangerous.
    Rejected(Digest),
}

impl FileView {
    /// The entity tag clients expect: SHA-256 for LFS, the git blob id otherwise.
    pub fn etag(&self) -> String {
        match self.lfs {
            Some(digest) => digest.to_string(),
            None => self.git_oid.to_string(),
        }
    }
}

/// Why a caller does not get what was asked for.
#[derive(Clone, Debug)]
pub enum Refused {
    /// Policy denies or holds the revision in the caller's environment.
    ByPolicy {
        /// The canonical artifact.
        artifact: Artifact,
        /// The decision.
        decision: Arc<Decision>,
        /// The environment has downloaded from it before: warm caches have to be told so.
        was_downloaded: bool,
    },
    /// Refused by name, before anything upstream was asked.
    ByName {
        /// The artifact, as asked.
        artifact: Artifact,
        /// The rule and its words.
        reason: Box<Reason>,
        /// Something of it was downloaded before.
        was_downloaded: bool,
    },
    /// The repository is gated or private and the caller has no grant for it.
    NotEntitled(Artifact),
    /// Upstream keeps the repository from us: our credential is missing or not good enough.
    UpstreamForbids {
        /// The canonical artifact.
        artifact: Artifact,
        /// Which source said so.
        source: SourceName,
        /// Its words.
        message: String,
    },
    /// The work goes on; ask again.
    Pending {
        /// The canonical artifact.
        artifact: Artifact,
        /// When to ask again.
        retry_after: Duration,
    },
    /// Every source says that there is no such repository.
    NoSuchRepository(Artifact),
    /// There is no such revision.
    NoSuchRevision(Ask),
    /// The revision has no such file.
    NoSuchFile {
        /// The canonical artifact.
        artifact: Artifact,
        /// The commit.
        commit: CommitId,
        /// The path.
        path: RepoPath,
    },
    /// Upstream did not answer; nothing can be said.
    UpstreamUnknown {
        /// The source.
        source: SourceName,
        /// What went wrong.
        what: String,
    },
    /// Upstream sent something else than it promised.
    Mismatch {
        /// The canonical artifact.
        artifact: Artifact,
        /// The file.
        path: RepoPath,
        /// What differs.
        what: String,
    },
    /// There is no room for the file.
    NoRoom {
        /// What is missing, for people.
        what: String,
    },
    /// The scanner cannot be started: nothing can be examined, and what was not examined is not let in.
    NoScanner,
    /// Something failed here; it was logged.
    Internal(Arc<str>),
}

impl Refused {
    /// One sentence for people and for the ledger.
    pub fn message(&self) -> String {
        match self {
            Refused::ByPolicy { artifact, decision, .. } => {
                let told = |reason: &Reason| format!("{} ({})", reason.message, reason.rule);
                let reasons: Vec<String> = decision.enforced().map(told).collect();
                match reasons.len() {
                    0 => format!("policy does not allow {artifact} in {}", decision.environment),
                    1..=TOLD_REASONS => reasons.join("; "),
                    all => {
                        let more = all - TOLD_REASONS;
                        format!(
                            "{}; and {more} more",
                            reasons
                                .iter()
                                .take(TOLD_REASONS)
                                .cloned()
                                .collect::<Vec<_>>()
                                .join("; ")
                        )
                    }
                }
            }
            Refused::ByName { reason, .. } => format!("{} ({})", reason.message, reason.rule),
            Refused::NotEntitled(artifact) => format!(
                "{artifact} is gated or private and this token has no grant for it (not-entitled)"
            ),
            Refused::UpstreamForbids { artifact, source, message } => format!(
                "source `{source}` does not give us {artifact}: {message} (upstream-credential)"
            ),
            Refused::Pending { artifact, .. } => {
                format!("{artifact} is being fetched and scanned; ask again")
            }
            Refused::NoSuchRepository(artifact) => format!("no source has {artifact}"),
            Refused::NoSuchRevision(ask) => {
                format!("{} has no revision `{}`", ask.artifact, ask.revision)
            }
            Refused::NoSuchFile { artifact, commit, path } => {
                format!("no file `{path}` in {artifact} at `{commit}`")
            }
            Refused::UpstreamUnknown { source, what } => {
                format!("source `{source}` did not answer: {what}")
            }
            Refused::Mismatch { artifact, path, what } => {
                format!(
                    "`{path}` of {artifact} is not what upstream promised: {what}; nothing was kept (integrity-mismatch)"
                )
            }
            Refused::NoRoom { what } => format!("there is no room: {what}"),
            Refused::NoScanner => {
                "the scanner cannot be started, so nothing that is new can be examined; \
                 an administrator finds the cause in the server's log (scanner-unavailable)"
                    .to_owned()
            }
            Refused::Internal(_) => "something failed inside Weighbridge; it was logged".to_owned(),
        }
    }

    pub(crate) fn internal(error: impl std::fmt::Display) -> Refused {
        let text = error.to_string();
        tracing::error!(error = %text, "an operation failed");
        Refused::Internal(text.into())
    }
}

/// Does work with the bytes of blobs, which blocks, away from the runtime's threads.
pub(crate) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, weighbridge_store::BlobError> + Send + 'static,
) -> Result<T, Refused> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Refused::from),
        Err(error) => Err(Refused::internal(error)),
    }
}

impl From<weighbridge_store::BlobError> for Refused {
    fn from(error: weighbridge_store::BlobError) -> Refused {
        match error {
            weighbridge_store::BlobError::DiskFull { .. } => {
                tracing::error!(%error, "no room for a file: free some, or move the data directory");
                Refused::NoRoom { what: "the disk of the data directory is full".to_owned() }
            }
            other => Refused::internal(other),
        }
    }
}

impl From<weighbridge_store::StoreError> for Refused {
    fn from(error: weighbridge_store::StoreError) -> Refused {
        match error {
            weighbridge_store::StoreError::DiskFull(_) => {
                tracing::error!(%error, "no room for the database: free some, or move the data directory");
                Refused::NoRoom { what: "the disk of the database is full".to_owned() }
            }
            other => Refused::internal(other),
        }
    }
}
