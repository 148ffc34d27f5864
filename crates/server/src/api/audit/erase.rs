//! `POST /api/v1/audit/erasures`: takes bodies out of the ledger; what was hashed stays.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::{EraseError, ErasureScope};

use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, moment};
use crate::problem::{Problem, ProblemView};

/// What to erase: either `kinds` and `before`, or `person`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseBodies {
    /// Kinds that go by age: `pulls`, `ref.moved`.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Bodies from before this moment, in RFC 3339.
    pub before: Option<String>,
    /// Bodies in which this name stands, whole, as a value of its own.
    pub person: Option<String>,
    /// Why. It is kept for ever: without the name.
    pub because: String,
}

/// What was erased.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErasureView {
    /// How many bodies.
    pub erased: u64,
    /// Whether more are left: ask again.
    pub is_more: bool,
    /// The entry that says so; none when there was nothing to erase.
    pub position: Option<u64>,
}

/// Take bodies out of the ledger, by age or by person; leaves, proofs and receipts stay
#[utoipa::path(post, path = "/audit/erasures", tag = "audit", request_body = EraseBodies, responses(
    (status = 200, body = ErasureView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn erase_bodies(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Body(body): Body<EraseBodies>,
) -> Result<Json<ErasureView>, Problem> {
    let scope = match (body.person, body.before) {
        (Some(person), None) if body.kinds.is_empty() => ErasureScope::Person(person),
        (None, Some(before)) if !body.kinds.is_empty() => {
            ErasureScope::Age { kinds: body.kinds, before: moment("before", &before)? }
        }
        _ => {
            let detail = "it takes either `person`, or `kinds` and `before`";
            return Err(Problem::bad_request("bad-scope", detail));
        }
    };
    let report = state.engine.erase_bodies(&caller, scope, &body.because).await?;
    let (erased, is_more, position) = (report.erased, report.is_more, report.position);
    Ok(Json(ErasureView { erased, is_more, position }))
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Problem {
        match error {
            EraseError::NotByAge(_) => Problem::bad_request("not-by-age", error)
                .hint("what is personal in other kinds goes by `person`"),
            EraseError::NotPast(_) => Problem::bad_request("not-past", error),
            EraseError::BadText => Problem::bad_request("bad-text", error),
            EraseError::NoName => Problem::bad_request("no-name", error),
            EraseError::NamesThePerson => Problem::bad_request("names-the-person", error),
            EraseError::Store(error) => Problem::internal(error),
        }
    }
}
