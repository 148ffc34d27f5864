//! `POST /api/v1/trusted-keys`: trusts a key of somebody else.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::Grade;
use weighbridge_engine::NewTrustedKey;

use super::TrustedKeyView;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, parsed};
use crate::problem::{Problem, ProblemView};

/// A key to trust.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTrustedKey {
    /// What to call it.
    #[schema(example = "build-farm")]
    pub name: String,
    /// The public key, as PEM: ECDSA P-256, P-384, P-521 or Ed25519.
    pub pem: String,
    /// The predicate types that count; one that ends in `*` is a beginning.
    #[schema(example = json!(["https://slsa.dev/provenance/v1"]))]
    pub predicates: Vec<String>,
    /// About which artifacts.
    #[schema(example = json!(["acme/*"]))]
    pub namespaces: Vec<String>,
    /// How well what it says is known: `declared`, which is meant when it is left out, or `verified`.
    pub grade: Option<String>,
}

/// Trust a key of somebody else for some predicates about some artifacts
#[utoipa::path(post, path = "/trusted-keys", tag = "attestations", request_body = AddTrustedKey, responses(
    (status = 201, body = TrustedKeyView),
    (status = 400, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn add_trusted_key(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Body(body): Body<AddTrustedKey>,
) -> Result<(StatusCode, Json<TrustedKeyView>), Problem> {
    let patterns = body.namespaces.iter().map(|text| parsed("namespaces", text));
    let grade = body.grade.as_deref().map(|text| parsed("grade", text)).transpose()?;
    let new = NewTrustedKey {
        name: body.name,
        pem: body.pem,
        predicates: body.predicates,
        patterns: patterns.collect::<Result<_, _>>()?,
        grade: grade.unwrap_or(Grade::Declared),
    };
    let row = state.engine.add_trusted_key(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}
