//! `POST /api/v1/break-glass`: lifts rules in an emergency.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_engine::NewBreakGlass;

use super::BreakGlassView;
use crate::ServerState;
use crate::allowed::Asker;
use crate::api::extract::{Body, Json, parsed};
use crate::problem::{Problem, ProblemView};

/// A break-glass to open.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBreakGlass {
    /// For which artifacts.
    #[schema(example = "acme/tiny-bert")]
    pub pattern: String,
    /// In which environment.
    #[schema(example = "production")]
    pub environment: String,
    /// Why.
    pub because: String,
    /// For how many hours.
    #[schema(example = 4)]
    pub hours: u64,
}

/// Lift the rules at gate `use` for some artifacts in an emergency; a second person confirms it, where
/// that is configured
#[utoipa::path(post, path = "/break-glass", tag = "break-glass", request_body = OpenBreakGlass,
    responses(
    (status = 201, body = BreakGlassView),
    (status = 400, body = ProblemView),
    (status = 403, body = ProblemView),
))]
pub(crate) async fn open_break_glass(
    State(state): State<ServerState>,
    Asker(caller): Asker,
    Body(body): Body<OpenBreakGlass>,
) -> Result<(StatusCode, Json<BreakGlassView>), Problem> {
    let new = NewBreakGlass {
        pattern: parsed("pattern", &body.pattern)?,
        environment: parsed("environment", &body.environment)?,
        because: body.because,
        hours: body.hours,
    };
    let row = state.engine.open_break_glass(&caller, new).await?;
    let now = state.engine.settings().clock.now();
    Ok((StatusCode::CREATED, Json(BreakGlassView::of(row, now))))
}
