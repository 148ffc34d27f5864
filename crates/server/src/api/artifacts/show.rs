//! `GET /api/v1/artifact?name=`: one artifact, with everything that came of it.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use weighbridge_domain::Artifact;

use super::{ArtifactDetailView, no_such_artifact};
use crate::ServerState;
use crate::allowed::{Reader, may_know};
use crate::api::extract::{Json, Query, parsed};
use crate::problem::{Problem, ProblemView};

/// Which artifact.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NameQuery {
    /// Its name: `acme/tiny-bert`, `datasets/acme/words`.
    name: String,
}

/// Show an artifact: its revisions, and what was decided about them
#[utoipa::path(get, path = "/artifact", tag = "artifacts", params(NameQuery), responses(
    (status = 200, body = ArtifactDetailView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn show_artifact(
    State(state): State<ServerState>,
    Reader(caller): Reader,
    Query(query): Query<NameQuery>,
) -> Result<Json<ArtifactDetailView>, Problem> {
    let name: Artifact = parsed("name", &query.name)?;
    let found = state.engine.show_artifact(&name).await.map_err(Problem::internal)?;
    let known = found
        .filter(|report| may_know(&caller, &report.artifact.artifact, report.artifact.restricted));
    match known {
        Some(report) => Ok(Json(report.into())),
        None => Err(no_such_artifact(&name)),
    }
}
