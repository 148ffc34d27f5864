//! `GET /api/v1/policy/files`: a version as the folder it was.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::show::WhichVersion;
use crate::ServerState;
use crate::allowed::Reader;
use crate::api::extract::{Json, Query};
use crate::problem::{Problem, ProblemView};

/// A version as the folder it was.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PolicyFilesView {
    /// Its number.
    pub version: u64,
    /// Its name.
    pub digest: String,
    /// File name to text.
    pub files: BTreeMap<String, String>,
    /// What the digest is the hash of: the files, and what they amount to in every environment.
    pub document: String,
}

/// Export a version of the policy as the files people wrote
#[utoipa::path(get, path = "/policy/files", tag = "policy", params(WhichVersion), responses(
    (status = 200, body = PolicyFilesView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn export_policy(
    State(state): State<ServerState>,
    _reader: Reader,
    Query(which): Query<WhichVersion>,
) -> Result<Json<PolicyFilesView>, Problem> {
    let report = state.engine.show_policy(which.version).await?;
    Ok(Json(PolicyFilesView {
        version: report.row.proposal.number,
        digest: report.row.digest.to_string(),
        files: report.bundle.files().clone(),
        document: report.document,
    }))
}
