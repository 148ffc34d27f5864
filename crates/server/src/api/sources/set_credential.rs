//! `PUT /api/v1/sources/{name}/credentials`: stores a credential for upstream, sealed.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{SourcePath, SourceView};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, Path, parsed};
use crate::problem::{Problem, ProblemView};

/// A credential for some repositories of a source.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCredential {
    /// Which: `org/*`; `**` for all of them.
    #[schema(example = "**")]
    pub pattern: String,
    /// The token of the upstream registry. Nobody can read it back.
    pub secret: String,
}

/// Store the credential for some repositories of a source
#[utoipa::path(put, path = "/sources/{name}/credentials", tag = "sources", params(SourcePath),
    request_body = SetCredential, responses(
    (status = 200, body = SourceView),
    (status = 400, body = ProblemView),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn set_credential(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<SourcePath>,
    Body(body): Body<SetCredential>,
) -> Result<Json<SourceView>, Problem> {
    let name = path.name()?;
    let pattern = parsed("pattern", &body.pattern)?;
    state.engine.set_source_credential(&caller, &name, pattern, &body.secret).await?;
    Ok(Json(super::show(&state.engine, &name).await?))
}
