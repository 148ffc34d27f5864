//! `PUT /api/v1/sources/{name}/patterns`: trusts some repositories of a source more or less.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{SourcePath, SourceView};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, Path, parsed};
use crate::problem::{Problem, ProblemView};

/// A tier of their own for some repositories.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPattern {
    /// Which: `org/*`, `datasets/org/*`.
    #[schema(example = "acme/*")]
    pub pattern: String,
    /// 1 pre-approved, 2 conditional, 3 prohibited.
    #[schema(minimum = 1, maximum = 3)]
    pub tier: u8,
}

/// Give some repositories of a source a tier of their own
#[utoipa::path(put, path = "/sources/{name}/patterns", tag = "sources", params(SourcePath),
    request_body = SetPattern, responses(
    (status = 200, body = SourceView),
    (status = 400, body = ProblemView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn set_pattern(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<SourcePath>,
    Body(body): Body<SetPattern>,
) -> Result<Json<SourceView>, Problem> {
    let name = path.name()?;
    let pattern = parsed("pattern", &body.pattern)?;
    let tier = parsed("tier", &body.tier.to_string())?;
    state.engine.set_source_pattern(&caller, &name, pattern, tier).await?;
    Ok(Json(super::show(&state.engine, &name).await?))
}
