//! `weighbridge approve` and `weighbridge reject`: answers to a request, in the role of the token.

use clap::Args;
use weighbridge_server::api::requests::{
    AnswerRequest, AnswerRequests, AnsweredTogether, RequestView,
};

use super::{Context, requests};
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, column, red};
use crate::when::When;

/// What `approve` takes.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The request, or several of one lane
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
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
    /// The request, or several of one lane
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
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
    answer(context, &approve.ids, body).await
}

/// Says no.
pub(crate) async fn reject(context: &Context, reject: Reject) -> Result<Exit, Failure> {
    let body = AnswerRequest {
        answer: "no".to_owned(),
        comment: reject.because,
        expires_at: None,
        conditions: String::new(),
    };
    answer(context, &reject.ids, body).await
}

async fn answer(context: &Context, ids: &[String], body: AnswerRequest) -> Result<Exit, Failure> {
    let client = context.client().await?;
    if let [id] = ids {
        let path = format!("/requests/{}/answers", encoded(id));
        let reply = client.send::<RequestView>(Verb::Post, &path, Some(&body)).await?;
        return requests::say(context, &reply);
    }
    let body = AnswerRequests { ids: ids.to_vec(), answer: body };
    let path = "/requests/answers";
    let reply = client.send::<AnsweredTogether>(Verb::Post, path, Some(&body)).await?;
    let items = &reply.view.items;
    let mut text = Lines::default();
    for item in items {
        match (&item.request, &item.problem) {
            (Some(request), _) => text.add(format_args!("{} is {}", item.id, request.state)),
            (None, Some(problem)) => {
                text.add(red(&format!("{} is not answered: {}", item.id, problem.detail)));
            }
            (None, None) => {}
        }
    }
    let done = items.iter().filter(|item| item.request.is_some());
    let said = Said { human: text.text(), quiet: column(done.map(|item| &item.id)) };
    context.output.data(&reply.raw, said)?;
    let all = items.iter().all(|item| item.problem.is_none());
    Ok(if all { Exit::Pass } else { Exit::No })
}
