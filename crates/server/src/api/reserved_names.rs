//! Reserved names: ours, never fetched from outside.

pub(crate) mod list;
pub(crate) mod release;
pub(crate) mod reserve;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::{ReserveError, ReservedNameRow};

use crate::problem::Problem;

pub use reserve::ReserveName;

/// Names that never fall through to a public source.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReservedNameView {
    /// Which: `acme/*`.
    pub pattern: String,
    /// Why they are ours.
    pub reason: String,
    /// Since when.
    pub created_at: String,
}

impl From<ReservedNameRow> for ReservedNameView {
    fn from(row: ReservedNameRow) -> ReservedNameView {
        ReservedNameView {
            pattern: row.pattern.to_string(),
            reason: row.reason,
            created_at: row.created_at.to_string(),
        }
    }
}

impl From<ReserveError> for Problem {
    fn from(error: ReserveError) -> Problem {
        match error {
            ReserveError::Taken(_) => Problem::conflict("already-reserved", error),
            ReserveError::NotReserved(_) => Problem::not_found("not-reserved", error)
                .hint("`weighbridge source reserve` without a pattern lists the reserved names"),
            ReserveError::BadReason => Problem::bad_request("bad-reason", error),
            ReserveError::Store(error) => Problem::internal(error),
        }
    }
}
