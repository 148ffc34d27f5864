//! What people say to each other about a request, and whose part it is: `comment`, `question`, `reply`,
//! `reassign`, `escalate`.

use clap::Args;
use serde::Serialize;
use weighbridge_domain::Role;
use weighbridge_server::api::requests::{AssignRequest, EscalateRequest, RequestView, SayRequest};

use super::{Context, requests};
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;

/// What `comment`, `question` and `reply` take.
#[derive(Debug, Args)]
pub(crate) struct Say {
    /// The request
    id: String,
    /// The words
    text: String,
}

/// What `reassign` takes.
#[derive(Debug, Args)]
pub(crate) struct Reassign {
    /// The request
    id: String,
    /// The part
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,
    /// Whose it is to be: a person of that role
    #[arg(long, value_name = "NAME")]
    to: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    because: String,
}

/// What `escalate` takes.
#[derive(Debug, Args)]
pub(crate) struct Escalate {
    /// The request
    id: String,
    /// The part [default: the one that comes next]
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<Role>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    because: String,
}

/// Says something: `kind` is the kind of it.
pub(crate) async fn say(context: &Context, kind: &str, say: Say) -> Result<Exit, Failure> {
    let body = SayRequest { kind: kind.to_owned(), text: say.text };
    send(context, &say.id, "notes", &body).await
}

/// Gives a part to somebody.
pub(crate) async fn reassign(context: &Context, reassign: Reassign) -> Result<Exit, Failure> {
    let Reassign { id, role, to, because } = reassign;
    let body = AssignRequest { role: role.to_string(), to, because };
    send(context, &id, "assignment", &body).await
}

/// Tells those above.
pub(crate) async fn escalate(context: &Context, escalate: Escalate) -> Result<Exit, Failure> {
    let Escalate { id, role, because } = escalate;
    let body = EscalateRequest { role: role.map(|role| role.to_string()), because };
    send(context, &id, "escalation", &body).await
}

async fn send(
    context: &Context,
    id: &str,
    what: &str,
    body: &impl Serialize,
) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/requests/{}/{what}", encoded(id));
    let reply = client.send::<RequestView>(Verb::Post, &path, Some(body)).await?;
    requests::say(context, &reply)
}

fn role(text: &str) -> Result<Role, String> {
    text.parse()
}
