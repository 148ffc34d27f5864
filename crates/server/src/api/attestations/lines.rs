//! `GET /api/v1/revision/attestations/bundle?ref=`: every envelope about a revision, one a line.

use axum::extract::State;
use axum::response::Response;
use futures_util::{StreamExt as _, TryStreamExt as _, stream as streams};
use weighbridge_domain::RevisionSpec;
use weighbridge_engine::{AttestationRow, Engine, EnvelopeForm, StoreError};

use super::{FormQuery, RefQuery, stream};
use crate::ServerState;
use crate::allowed::{Reader, may_know};
use crate::api::artifacts::no_such_artifact;
use crate::api::extract::Query;
use crate::api::revisions::show::parse_ref;
use crate::problem::{Problem, ProblemView};

/// Rows that are read at once.
const PAGE: u32 = 100;

/// Get every envelope about a revision as JSON lines (in-toto's bundle); what was erased is left out
#[utoipa::path(get, path = "/revision/attestations/bundle", tag = "attestations", params(RefQuery, FormQuery), responses(
    (status = 200, body = String, content_type = "application/jsonl"),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn read_lines(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Query(query): Query<RefQuery>,
    Query(form): Query<FormQuery>,
) -> Result<Response, Problem> {
    let form = form.form()?;
    let ask = parse_ref(&query.reference)?;
    let found = state
        .engine
        .list_attestations(&ask.artifact, &ask.revision, None, 1)
        .await
        .map_err(Problem::internal)?
        .filter(|report| may_know(&caller, &report.artifact.artifact, report.artifact.restricted));
    let report = found.ok_or_else(|| no_such_artifact(&ask.artifact))?;
    let commit: RevisionSpec =
        report.revision.commit.as_str().parse().map_err(Problem::internal)?;
    let (engine, artifact) = (state.engine, report.artifact.artifact);
    let rows = streams::try_unfold(None::<String>, {
        let engine = engine.clone();
        move |after| {
            let (engine, artifact, commit) = (engine.clone(), artifact.clone(), commit.clone());
            async move {
                let found =
                    engine.list_attestations(&artifact, &commit, after.as_deref(), PAGE).await?;
                let rows = found.map(|report| report.rows).unwrap_or_default();
                let last = rows.last().map(|row| row.id.clone());
                let items = streams::iter(rows.into_iter().map(Ok::<_, StoreError>));
                Ok::<_, StoreError>(last.map(|last| (items, Some(last))))
            }
        }
    });
    let lines =
        rows.try_flatten().and_then(move |row| line(engine.clone(), row, form)).try_flatten();
    Ok(stream::answer(lines, "application/jsonl"))
}

/// The pieces of one line; none when it was erased.
async fn line(
    engine: Engine,
    row: AttestationRow,
    form: EnvelopeForm,
) -> Result<streams::BoxStream<'static, Result<String, StoreError>>, StoreError> {
    let Some(text) = engine.read_attestation(row, form).await? else {
        return Ok(streams::empty().boxed());
    };
    let end = streams::once(async { Ok("\n".to_owned()) });
    Ok(stream::pieces(text).chain(end).boxed())
}
