//! `GET /api/v1/revision/attestations?ref=`: what is said about a revision.

use axum::extract::State;
use weighbridge_domain::Caller;
use weighbridge_engine::{Ask, AttestationRow, Engine};

use super::{AttestationView, RefQuery};
use crate::ServerState;
use crate::allowed::{Reader, may_know};
use crate::api::artifacts::no_such_artifact;
use crate::api::extract::{Json, Page, Paging, Query};
use crate::api::revisions::show::parse_ref;
use crate::problem::{Problem, ProblemView};

/// List what is said about a revision, signed, the oldest first
#[utoipa::path(get, path = "/revision/attestations", tag = "attestations", params(RefQuery, Paging), responses(
    (status = 200, body = Page<AttestationView>),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn list_attestations(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Query(query): Query<RefQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<AttestationView>>, Problem> {
    let ask = parse_ref(&query.reference)?;
    let page = find_statements(&state.engine, &caller, &ask, &paging).await?;
    page.map(Json).ok_or_else(|| no_such_artifact(&ask.artifact))
}

/// What is said about a revision; `None` when it is not on record, or not for the caller to know.
pub(crate) async fn find_statements(
    engine: &Engine,
    caller: &Caller,
    ask: &Ask,
    paging: &Paging,
) -> Result<Option<Page<AttestationView>>, Problem> {
    let limit = paging.limit()?;
    let after = paging.after.as_deref();
    let found = engine
        .list_attestations(&ask.artifact, &ask.revision, after, limit.saturating_add(1))
        .await
        .map_err(Problem::internal)?
        .filter(|report| may_know(caller, &report.artifact.artifact, report.artifact.restricted));
    let key = |row: &AttestationRow| row.id.clone();
    Ok(found.map(|report| Page::of(report.rows, limit, key, AttestationView::from)))
}
