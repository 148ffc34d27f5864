//! `GET /api/v1/break-glass/{id}/pulls`: what was pulled while rules were lifted.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::{PulledRow, PulledUnder};

use super::BreakGlassPath;
use crate::ServerState;
use crate::allowed::Answerable;
use crate::api::extract::{Json, Path};
use crate::problem::{Problem, ProblemView};

/// What was pulled while rules were lifted, whether or not it would have passed without.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PulledUnderView {
    /// Who pulled what, the latest first; at most 200.
    pub pulls: Vec<PulledView>,
    /// There is more than is told.
    pub is_cut: bool,
}

/// What one caller pulled of one revision.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PulledView {
    /// The artifact.
    pub artifact: String,
    /// At which commit.
    pub commit: String,
    /// Who.
    pub by: String,
    /// How many files, or ranges of files, were served.
    pub downloads: u64,
    /// When the last one ended.
    pub last_at: String,
}

impl From<PulledUnder> for PulledUnderView {
    fn from(found: PulledUnder) -> PulledUnderView {
        let view = |row: PulledRow| PulledView {
            artifact: row.artifact.to_string(),
            commit: row.commit,
            by: row.caller,
            downloads: row.downloads,
            last_at: row.last_at.to_string(),
        };
        let pulls = found.rows.into_iter().map(view).collect();
        PulledUnderView { pulls, is_cut: found.is_cut }
    }
}

/// List what was pulled while rules were lifted; for those who may close it
#[utoipa::path(get, path = "/break-glass/{id}/pulls", tag = "break-glass",
    params(BreakGlassPath), responses(
    (status = 200, body = PulledUnderView),
    (status = 403, body = ProblemView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn list_break_glass_pulls(
    State(state): State<ServerState>,
    Answerable(caller): Answerable,
    Path(path): Path<BreakGlassPath>,
) -> Result<Json<PulledUnderView>, Problem> {
    let found = state.engine.list_break_glass_pulls(&caller, &path.id).await?;
    Ok(Json(found.into()))
}
