//! `POST /api/v1/sources`: adds a source.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::NewSource;

use super::SourceView;
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, Json, parsed};
use crate::problem::{Problem, ProblemView};

/// A source to add.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSource {
    /// Its name: lower-case letters, digits, `-` and `_`.
    #[schema(example = "hub")]
    pub name: String,
    /// The protocol it speaks.
    #[schema(example = "hub")]
    pub kind: String,
    /// Where it is.
    #[schema(example = "https://hub.example")]
    pub url: String,
    /// 1 pre-approved, 2 conditional, 3 prohibited.
    #[schema(minimum = 1, maximum = 3)]
    pub tier: u8,
    /// Its turn when several are asked, from 1; the last one when it is left out.
    pub position: Option<u32>,
}

/// Add a source
#[utoipa::path(post, path = "/sources", tag = "sources", request_body = AddSource, responses(
    (status = 201, body = SourceView),
    (status = 400, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn add_source(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Body(body): Body<AddSource>,
) -> Result<(StatusCode, Json<SourceView>), Problem> {
    let new = NewSource {
        name: parsed("name", &body.name)?,
        kind: body.kind,
        url: body.url,
        tier: parsed("tier", &body.tier.to_string())?,
        position: body.position,
    };
    let name = new.name.clone();
    state.engine.add_source(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(super::show(&state.engine, &name).await?)))
}
