//! `POST /api/v1/revision/attestations?ref=`: takes an envelope of somebody else.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::Role;

use super::{AttestationView, RefQuery};
use crate::ServerState;
use crate::allowed::{Asker, may_know};
use crate::api::artifacts::no_such_artifact;
use crate::api::extract::{Json, Query};
use crate::api::revisions::show::parse_ref;
use crate::problem::{Problem, ProblemView};

/// What became of an envelope.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportedView {
    /// What is kept of it.
    pub attestation: AttestationView,
    /// It was here before.
    pub was_known: bool,
}

/// Take an envelope of somebody else, signed by a trusted key: DSSE, or a Sigstore bundle with one
#[utoipa::path(post, path = "/revision/attestations", tag = "attestations", params(RefQuery),
    request_body(content = String, content_type = "application/vnd.dsse.envelope.v1+json"),
    responses(
        (status = 200, body = ImportedView),
        (status = 201, body = ImportedView),
        (status = 403, body = ProblemView),
        (status = 404, body = ProblemView),
        (status = 422, body = ProblemView),
    )
)]
pub(crate) async fn import_attestation(
    State(state): State<ServerState>,
    Asker(caller): Asker,
    Query(query): Query<RefQuery>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<ImportedView>), Problem> {
    let body = body.map_err(|rejection| {
        Problem::new(rejection.status(), "bad-body", rejection.body_text())
            .hint("an envelope has at most 16 MiB")
    })?;
    let ask = parse_ref(&query.reference)?;
    let (artifact, revision) = (&ask.artifact, &ask.revision);
    let known = state
        .engine
        .list_attestations(artifact, revision, None, 1)
        .await
        .map_err(Problem::internal)?
        .filter(|report| may_know(&caller, &report.artifact.artifact, report.artifact.restricted));
    if known.is_none() {
        return Err(no_such_artifact(artifact));
    }
    let caller = caller.acting_about(Role::may_ask, artifact)?;
    let taken = state.engine.import_attestation(&caller, artifact, revision, body.to_vec()).await?;
    let status = if taken.was_known { StatusCode::OK } else { StatusCode::CREATED };
    let view = ImportedView { attestation: taken.row.into(), was_known: taken.was_known };
    Ok((status, Json(view)))
}
