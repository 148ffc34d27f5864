//! Requests and the answers to them, and waivers: how people allow a revision in an environment.

pub(crate) mod answer;
pub(crate) mod ask;
pub(crate) mod assign;
pub(crate) mod break_glass;
pub(crate) mod carry;
pub(crate) mod checks;
pub(crate) mod clock;
pub(crate) mod compare;
pub(crate) mod converse;
pub(crate) mod evidence;
pub(crate) mod exceptions;
pub(crate) mod list;
pub(crate) mod pulled;
pub(crate) mod recall;
mod said;
pub(crate) mod table;
pub(crate) mod together;
pub(crate) mod waive;
pub(crate) mod withdraw;

use weighbridge_domain::{Environment, OutOfReach, Role, Timestamp, VoteError};
use weighbridge_store::StoreError;

use crate::admit::Refused;

pub use answer::NewAnswer;
pub use ask::NewRequest;
pub use break_glass::{BreakGlassError, BreakGlassSettings, BreakGlassSteps, NewBreakGlass};
pub use compare::{FileChange, FileChangeKind, FileSide};
pub use converse::Say;
pub use evidence::{Changes, RequestEvidence};
pub use exceptions::Exceptions;
pub use list::{RequestFilter, RequestReport};
pub use pulled::PulledUnder;
pub use recall::{Downloaded, RecallError, RecallReport};
pub use table::{LanesError, LanesReport};
pub use together::Answered;
pub use waive::{NewWaiver, WaiverError};

/// The longest text somebody may give as a reason, a comment or a condition.
const TEXT_CHARS: usize = 4_000;

/// Why a request is not made, answered or withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The role asks for nothing.
    #[error("the role `{0}` asks for nothing: it takes the token of a developer")]
    MayNotAsk(Role),
    /// The caller's roles hold elsewhere.
    #[error(transparent)]
    OutOfReach(#[from] OutOfReach),
    /// There is no such environment.
    #[error("there is no environment `{0}` here")]
    NoSuchEnvironment(Environment),
    /// A text is missing or too long.
    #[error("`{field}` takes 1 to {TEXT_CHARS} characters")]
    BadText {
        /// Which.
        field: &'static str,
    },
    /// The revision cannot be had at all.
    #[error("{}", .0.message())]
    Refused(Refused),
    /// Somebody asked for the same and was not answered yet.
    #[error("request {0} asks for the same and is open")]
    AlreadyOpen(String),
    /// There is no such request, or it is not for this caller to know.
    #[error("there is no request `{0}`")]
    NoSuchRequest(String),
    /// The list does not go on there.
    #[error("{0}")]
    NoSuchPlace(String),
    /// The answer does not count.
    #[error(transparent)]
    Vote(#[from] VoteError),
    /// Nobody says yes to bytes that nobody has seen.
    #[error("{missing} of {files} files are not here and examined yet; they are being fetched")]
    Incomplete {
        /// How many are missing.
        missing: u64,
        /// How many there are.
        files: u64,
    },
    /// What was known when it was asked for does not hold any more.
    #[error("since it was asked for, things have changed: {0}; who answered did not know that")]
    Changed(String),
    /// The end of an approval is in the past, or too far away.
    #[error("an approval in this lane ends between now and {latest}")]
    BadExpiry {
        /// The latest end.
        latest: Timestamp,
    },
    /// Nobody of that name is known to have the role there.
    #[error("nobody called `{name}` is known here as a `{role}` for this request")]
    NoSuchPerson {
        /// The name.
        name: String,
        /// The role.
        role: Role,
    },
    /// The request is not one to answer together with others.
    #[error("{0}: answer it on its own")]
    NotTogether(String),
    /// None, or too many at once.
    #[error("1 to {0} requests are answered at once")]
    TooMany(usize),
    /// Only whoever asked takes a request back, or an administrator.
    #[error("only `{0}` or an administrator withdraws it")]
    NotYours(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for RequestError {
    fn from(refused: Refused) -> RequestError {
        RequestError::Refused(refused)
    }
}

pub(crate) fn checked(field: &'static str, text: &str) -> Result<String, RequestError> {
    let text = text.trim();
    if (1..=TEXT_CHARS).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err(RequestError::BadText { field })
}

/// A text of people, when it is neither missing nor too long.
pub(crate) fn checked_text(text: &str) -> Option<String> {
    checked("because", text).ok()
}
