//! `GET /api/v1/attestations/{id}`: one envelope, as it was signed.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use weighbridge_domain::{Caller, Digest};
use weighbridge_engine::{Engine, EnvelopeForm};

use super::{FormQuery, stream};
use crate::ServerState;
use crate::allowed::{Reader, may_know};
use crate::api::extract::{Path, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Which attestation.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct AttestationPath {
    /// SHA-256 of the envelope.
    id: String,
}

/// Get one envelope, as it was signed: DSSE, or a Sigstore bundle around it
#[utoipa::path(get, path = "/attestations/{id}", tag = "attestations", params(AttestationPath, FormQuery), responses(
    (status = 200, body = String, content_type = "application/vnd.dsse.envelope.v1+json"),
    (status = 404, body = ProblemView),
    (status = 410, body = ProblemView),
))]
pub(crate) async fn show_attestation(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Path(path): Path<AttestationPath>,
    Query(query): Query<FormQuery>,
) -> Result<Response, Problem> {
    find_envelope(&state.engine, &caller, &path.id, query.form()?).await
}

/// An envelope about something that the caller may know of.
pub(crate) async fn find_envelope(
    engine: &Engine,
    caller: &Caller,
    id: &str,
    form: EnvelopeForm,
) -> Result<Response, Problem> {
    let digest: Digest = parsed("id", id)?;
    let found = engine.find_attestations(digest).await.map_err(Problem::internal)?;
    // Copies of a revision share an envelope: one that the caller may know of is enough.
    let mut known = found
        .into_iter()
        .filter(|(_, artifact)| may_know(caller, &artifact.artifact, artifact.restricted));
    let Some((row, _)) = known.next() else {
        let detail = format!("there is no attestation `{digest}`");
        return Err(Problem::not_found("no-such-attestation", detail)
            .hint("`weighbridge attestation list REF` shows those of a revision"));
    };
    let text = engine.read_attestation(row, form).await.map_err(Problem::internal)?;
    let erased = || {
        let detail = "what this attestation says was erased; its digest stays in the ledger";
        Problem::new(StatusCode::GONE, "erased", detail)
    };
    let text = text.ok_or_else(erased)?;
    Ok(stream::answer(stream::pieces(text), kind(form)))
}

fn kind(form: EnvelopeForm) -> &'static str {
    match form {
        EnvelopeForm::Dsse => "application/vnd.dsse.envelope.v1+json",
        EnvelopeForm::Sigstore => "application/vnd.dev.sigstore.bundle.v0.3+json",
    }
}
