//! `POST /api/v1/webhooks/{name}/rotation`: a new secret; for a day both sign.

use axum::extract::State;
use http::StatusCode;

use super::{Secret, WebhookPath, WebhookWithSecret, with_secret};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::Path;
use crate::problem::{Problem, ProblemView};

/// Make a new secret for a receiver; for a day the one before signs beside it
#[utoipa::path(post, path = "/webhooks/{name}/rotation", tag = "webhooks", params(WebhookPath),
    responses(
    (status = 200, body = WebhookWithSecret),
    (status = 404, body = ProblemView),
))]
pub(crate) async fn rotate_webhook(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Path(path): Path<WebhookPath>,
) -> Result<Secret, Problem> {
    let (row, secret) = state.engine.rotate_webhook(&caller, &path.name).await?;
    Ok(with_secret(StatusCode::OK, row, secret.reveal()))
}
