//! `GET /api/v1/revision?ref=`: one revision, file by file.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use weighbridge_domain::RepoPath;
use weighbridge_engine::Ask;

use super::RevisionView;
use crate::ServerState;
use crate::allowed::{Reader, may_know};
use crate::api::artifacts::no_such_artifact;
use crate::api::extract::{Json, Paging, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Which revision.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RefQuery {
    /// `acme/tiny-bert@main`: a branch, a tag, a commit or the beginning of one.
    #[serde(rename = "ref")]
    reference: String,
}

/// Show a revision: its files, where their bytes stand and what the scanner saw
#[utoipa::path(get, path = "/revision", tag = "artifacts", params(RefQuery, Paging), responses(
    (status = 200, body = RevisionView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn show_revision(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Query(query): Query<RefQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<RevisionView>, Problem> {
    let limit = paging.limit()?;
    let ask = parse_ref(&query.reference)?;
    let after =
        paging.after.as_deref().map(|text| parsed::<RepoPath>("after", text)).transpose()?;
    let found = state
        .engine
        .show_revision(&ask.artifact, &ask.revision, after.as_ref(), limit.saturating_add(1))
        .await
        .map_err(Problem::internal)?;
    match found {
        Some(report)
            if may_know(&caller, &report.artifact.artifact, report.artifact.restricted) =>
        {
            Ok(Json(RevisionView::of(report, limit)))
        }
        _ => Err(no_such_artifact(&ask.artifact)),
    }
}

/// Reads `acme/tiny-bert@main`.
pub(crate) fn parse_ref(text: &str) -> Result<Ask, Problem> {
    Ask::parse(text).map_err(|why| Problem::bad_request("bad-ref", format!("`ref`: {why}")))
}
