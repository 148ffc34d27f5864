//! `weighbridge webhook add`.

use clap::Args;
use weighbridge_domain::Topic;
use weighbridge_server::api::webhooks::{AddWebhook, WebhookWithSecret};

use super::Context;
use crate::client::{Reply, Verb};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// What `webhook add` takes.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What to call it
    name: String,
    /// Where it is: `https://…`
    url: String,
    /// What it is told about: `asked`, `needs-review`, `decided`, `expiring`, `overdue`, `break-glass`,
    /// `waiver`, `alarm`, `evidence` or `administration`; may be repeated [default: everything]
    #[arg(long = "on", value_name = "TOPIC", value_parser = topic)]
    on: Vec<Topic>,
}

/// Adds a receiver. The secret is the data; everything else is talk.
pub(super) async fn run(context: &Context, add: Add) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let topics = add.on.iter().map(Topic::to_string).collect();
    let body = AddWebhook { name: add.name, url: add.url, topics };
    let reply = client.send::<WebhookWithSecret>(Verb::Post, "/webhooks", Some(&body)).await?;
    let topics = reply.view.known.topics.join(", ");
    show_secret(context, &reply, &format!("it is told about {topics}"))
}

/// Shows a secret, for the only time.
pub(super) fn show_secret(
    context: &Context,
    reply: &Reply<WebhookWithSecret>,
    more: &str,
) -> Result<Exit, Failure> {
    let WebhookWithSecret { known, secret } = &reply.view;
    context.output.data(&reply.raw, Said { human: secret.clone(), quiet: secret.clone() })?;
    let name = &known.name;
    context.output.talk(&format!(
        "this is the only time it is shown: the secret of `{name}` (Standard Webhooks); {more}\n\
         try it with `weighbridge webhook test {name}`"
    ));
    Ok(Exit::Pass)
}

fn topic(text: &str) -> Result<Topic, String> {
    text.parse()
}
