//! What an upstream said: yes, no, or nothing that can be relied on.

use std::fmt;
use std::time::Duration;

/// The answer of an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// It has it, here it is.
    Yes(T),
    /// It says clearly that we may not have it, or that it does not exist.
    No(Refusal),
    /// It did not say: never to be reported as "does not exist".
    Unknown(Trouble),
}

/// Everything that is not a yes; what `?` carries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYes {
    /// A clear no.
    #[error("{0}")]
    No(Refusal),
    /// Nothing that can be relied on.
    #[error("{0}")]
    Unknown(Trouble),
}

/// A clear no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of no.
    pub kind: RefusalKind,
    /// The upstream's own words, or ours when it gave none.
    pub message: String,
}

/// The kinds of no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// No such repository, or a private one that the credential does not open.
    RepoNotFound,
    /// The repository exists, the revision does not.
    RevisionNotFound,
    /// The revision exists, the file does not.
    EntryNotFound,
    /// The repository is gated and the credential has no grant.
    Gated,
    /// The credential is missing, wrong or too weak.
    Unauthorized,
    /// The upstream has taken the repository down.
    Disabled,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// A sentence for people, without a full stop.
    pub what: String,
    /// What kind of trouble.
    pub kind: TroubleKind,
}

/// The kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// Nothing arrived in time.
    Timeout,
    /// No connection, or it broke before the answer began.
    Connect,
    /// A status that is neither a yes nor a clear no.
    Status(u16),
    /// The body ended early, late or in pieces that do not fit.
    BrokenBody,
    /// More than we are ready to take.
    TooLarge,
    /// An answer that breaks the protocol.
    BadAnswer,
    /// The upstream asks us to slow down.
    RateLimited {
        /// How long it wants us to wait, if it said.
        retry_after: Option<Duration>,
    },
}

impl<T> Answer<T> {
    /// For `?` and combinators.
    pub fn into_result(self) -> Result<T, NotYes> {
        match self {
            Answer::Yes(value) => Ok(value),
            Answer::No(refusal) => Err(NotYes::No(refusal)),
            Answer::Unknown(trouble) => Err(NotYes::Unknown(trouble)),
        }
    }

    /// The same answer about something else.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        self.into_result().map(change).into()
    }
}

impl<T> From<Result<T, NotYes>> for Answer<T> {
    fn from(result: Result<T, NotYes>) -> Answer<T> {
        match result {
            Ok(value) => Answer::Yes(value),
            Err(NotYes::No(refusal)) => Answer::No(refusal),
            Err(NotYes::Unknown(trouble)) => Answer::Unknown(trouble),
        }
    }
}

impl From<Trouble> for NotYes {
    fn from(trouble: Trouble) -> NotYes {
        NotYes::Unknown(trouble)
    }
}

impl From<Refusal> for NotYes {
    fn from(refusal: Refusal) -> NotYes {
        NotYes::No(refusal)
    }
}

impl Trouble {
    /// Trouble of a kind, with its sentence.
    pub fn new(kind: TroubleKind, what: impl Into<String>) -> Trouble {
        Trouble { what: what.into(), kind }
    }
}

impl RefusalKind {
    /// The word used in logs, facts and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            RefusalKind::RepoNotFound => "repo-not-found",
            RefusalKind::RevisionNotFound => "revision-not-found",
            RefusalKind::EntryNotFound => "entry-not-found",
            RefusalKind::Gated => "gated",
            RefusalKind::Unauthorized => "unauthorized",
            RefusalKind::Disabled => "disabled",
        }
    }
}

impl fmt::Display for RefusalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Refusal {}
impl std::error::Error for Trouble {}
