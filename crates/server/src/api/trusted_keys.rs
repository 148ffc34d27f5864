//! Keys of others, each trusted for some predicates about some artifacts.

pub(crate) mod add;
pub(crate) mod list;
pub(crate) mod remove;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::{TrustError, TrustedKeyRow};

use crate::problem::Problem;

pub use add::AddTrustedKey;

/// A key of somebody else.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TrustedKeyView {
    /// What it is called here.
    pub name: String,
    /// SHA-256 of its DER.
    pub keyid: String,
    /// The key.
    pub pem: String,
    /// The predicate types that count; one that ends in `*` is a beginning.
    pub predicates: Vec<String>,
    /// About which artifacts.
    pub namespaces: Vec<String>,
    /// How well what it says is known: `verified` or `declared`.
    pub grade: String,
    /// When it was added.
    pub added_at: String,
}

impl From<TrustedKeyRow> for TrustedKeyView {
    fn from(row: TrustedKeyRow) -> TrustedKeyView {
        TrustedKeyView {
            name: row.name,
            keyid: row.keyid,
            pem: row.pem,
            predicates: row.predicates,
            namespaces: row.patterns.iter().map(ToString::to_string).collect(),
            grade: row.grade.to_string(),
            added_at: row.added_at.to_string(),
        }
    }
}

impl From<TrustError> for Problem {
    fn from(error: TrustError) -> Problem {
        match error {
            TrustError::BadName | TrustError::BadScope | TrustError::BadGrade(_) => {
                Problem::bad_request("bad-value", error)
            }
            TrustError::BadKey(_) => Problem::bad_request("bad-key", error)
                .hint("`openssl pkey -in private.pem -pubout` writes one"),
            TrustError::OwnKey => Problem::conflict("own-key", error),
            TrustError::Known(_) => Problem::conflict("already-trusted", error)
                .hint("`weighbridge trust remove` first, to trust it for something else"),
            TrustError::TooMany => Problem::conflict("too-many", error),
            TrustError::NoSuchKey(_) => Problem::not_found("no-such-key", error)
                .hint("`weighbridge trust list` shows those there are"),
            TrustError::Store(error) => Problem::internal(error),
        }
    }
}
