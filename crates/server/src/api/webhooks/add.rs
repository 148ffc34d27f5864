//! `POST /api/v1/webhooks`: adds a receiver. The answer is the only place where its secret is ever shown.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::Topic;
use weighbridge_engine::NewWebhook;

use super::{Secret, WebhookWithSecret, with_secret};
use crate::ServerState;
use crate::allowed::Admin;
use crate::api::extract::{Body, parsed};
use crate::problem::{Problem, ProblemView};

/// A receiver to add.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddWebhook {
    /// What people call it.
    #[schema(example = "chat")]
    pub name: String,
    /// Where it is.
    #[schema(example = "https://chat.example/hooks/1")]
    pub url: String,
    /// What it is told about: `asked`, `needs-review`, `decided`, `expiring`, `overdue`, `break-glass`,
    /// `waiver`, `alarm`, `evidence`, `administration`; everything when it is left out.
    #[serde(default)]
    pub topics: Vec<String>,
}

/// Add a receiver of signed messages; the answer is the only place where its secret is ever shown
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", request_body = AddWebhook, responses(
    (status = 201, body = WebhookWithSecret),
    (status = 400, body = ProblemView),
    (status = 409, body = ProblemView),
))]
pub(crate) async fn add_webhook(
    State(state): State<ServerState>,
    Admin(caller): Admin,
    Body(body): Body<AddWebhook>,
) -> Result<Secret, Problem> {
    let mut topics: Vec<Topic> = Vec::new();
    for topic in &body.topics {
        topics.push(parsed("topics", topic)?);
    }
    let new = NewWebhook { name: body.name, url: body.url, topics };
    let (row, secret) = state.engine.add_webhook(&caller, new).await?;
    Ok(with_secret(StatusCode::CREATED, row, secret.reveal()))
}
