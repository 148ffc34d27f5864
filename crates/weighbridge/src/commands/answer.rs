//! `weighbridge approve` and `weighbridge reject`: answers to a request, in the role of the token.

use clap::Args;
use weighbridge_server::api::requests::{AnswerRequest, RequestView};

use super::{Context, requests};
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::when::When;

/// What `approve` takes.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The request
    id: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: String,
    /// When the approval ends: `90d` or a moment in RFC 3339 [default: as late as the lane allows]
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    expires: Option<When>,
    /// What the approval is bound to
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    conditions: String,
}

/// What `reject` takes.
#[derive(Debug, Args)]
pub(crate) struct Reject {
    /// The request
    id: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    because: String,
}

/// Says yes.
pub(crate) async fn approve(context: &Context, approve: Approve) -> Result<Exit, Failure> {
    let body = AnswerRequest {
        answer: "yes".to_owned(),
        comment: approve.comment,
        expires_at: approve.expires.map(|when| when.moment().to_string()),
        conditions: approve.conditions,
    };
    answer(context, &approve.id, &body).await
}

/// Says no.
pub(crate) async fn reject(context: &Context, reject: Reject) -> Result<Exit, Failure> {
    let body = AnswerRequest {
        answer: "no".to_owned(),
        comment: reject.because,
        expires_at: None,
        conditions: String::new(),
    };
    answer(context, &reject.id, &body).await
}

async fn answer(context: &Context, id: &str, body: &AnswerRequest) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/requests/{}/answers", encoded(id));
    let reply = client.send::<RequestView>(Verb::Post, &path, Some(body)).await?;
    requests::say(context, &reply)
}
