//! `weighbridge webhook list`.

use weighbridge_server::api::webhooks::WebhookView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// Lists the receivers.
pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = client.list::<WebhookView>("/webhooks", &[], usize::MAX).await?;
    let rows = reply.view.iter().map(|webhook| {
        let state = match &webhook.disabled_because {
            Some(why) => format!("disabled: {why}"),
            None => "enabled".to_owned(),
        };
        vec![
            webhook.name.clone(),
            state,
            webhook.waiting.to_string(),
            webhook.dead.to_string(),
            webhook.topics.join(" "),
            webhook.url.clone(),
        ]
    });
    let human = if reply.view.is_empty() {
        "nobody is told anything; `weighbridge webhook add NAME URL` changes that".to_owned()
    } else {
        table(&["name", "state", "waiting", "given up", "told about", "url"], rows)
    };
    let quiet = column(reply.view.iter().map(|webhook| &webhook.name));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
