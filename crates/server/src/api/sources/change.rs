//! `PATCH /api/v1/sources/{name}`: trusts a source more or less, or gives it another turn.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{SourcePath, SourceView};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, Path, parsed};
use crate::problem::{Problem, ProblemView};

/// What to change about a source.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSource {
    /// 1 pre-approved, 2 conditional, 3 prohibited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3)]
    pub tier: Option<u8>,
    /// Its turn when several are asked, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub position: Option<u32>,
}

/// Change how far a source is trusted, or its turn
#[utoipa::path(patch, path = "/sources/{name}", tag = "sources", params(SourcePath),
    request_body = ChangeSource, responses(
    (status = 200, body = SourceView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn change_source(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<SourcePath>,
    Body(body): Body<ChangeSource>,
) -> Result<Json<SourceView>, Problem> {
    let name = path.name()?;
    if let Some(tier) = body.tier {
        let tier = parsed("tier", &tier.to_string())?;
        state.engine.set_source_tier(&caller, &name, tier).await?;
    }
    if let Some(position) = body.position {
        state.engine.move_source(&caller, &name, position).await?;
    }
    Ok(Json(super::show(&state.engine, &name).await?))
}
