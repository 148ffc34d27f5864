//! `POST /api/v1/recalls`: takes back what was released and is found bad.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::RepoPath;
use weighbridge_engine::Ask;

use super::RecallReportView;
use crate::ServerState;
use crate::allowed::Recaller;
use crate::api::extract::{Body, Json, parsed};
use crate::problem::{Problem, ProblemView};

/// What to recall: a revision, files of it, or bytes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeRecall {
    /// The revision, as it is known here; no source is asked.
    #[serde(default)]
    #[schema(example = "acme/tiny-bert@9f2c1e")]
    pub r#ref: Option<String>,
    /// Files of it; when there is none, every one that no other artifact has.
    #[serde(default)]
    pub files: Vec<String>,
    /// Bytes by their SHA-256, whatever they are called; instead of a revision.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Why.
    pub because: String,
}

/// Recall what was released and is found bad: from then on it is denied everywhere, for good. The answer says
/// who was served it
#[utoipa::path(post, path = "/recalls", tag = "recalls", request_body = MakeRecall, responses(
    (status = 201, body = RecallReportView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn recall(
    State(state): State<ServerState>,
    Recaller(caller): Recaller,
    Body(body): Body<MakeRecall>,
) -> Result<(StatusCode, Json<RecallReportView>), Problem> {
    let engine = &state.engine;
    let report = match (&body.r#ref, &body.sha256) {
        (Some(reference), None) => {
            let ask = Ask::parse(reference)
                .map_err(|error| Problem::bad_request("bad-value", format!("`ref`: {error}")))?;
            let paths = body.files.iter().map(|path| parsed::<RepoPath>("files", path));
            let paths = paths.collect::<Result<Vec<_>, _>>()?;
            if paths.is_empty() {
                engine.recall_revision(&caller, &ask, &body.because).await?
            } else {
                engine.recall_files(&caller, &ask, &paths, &body.because).await?
            }
        }
        (None, Some(digest)) if body.files.is_empty() => {
            let digest = parsed("sha256", digest)?;
            engine.recall_bytes(&caller, digest, &body.because).await?
        }
        _ => {
            let detail = "it takes either `ref`, with `files` or without, or `sha256`";
            return Err(Problem::bad_request("bad-body", detail));
        }
    };
    Ok((StatusCode::CREATED, Json(report.into())))
}
