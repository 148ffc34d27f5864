//! `weighbridge webhook test`.

use weighbridge_server::api::webhooks::WebhookTestView;

use super::{Context, Which};
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, green, printable, red};

/// Sends a message now.
pub(super) async fn run(context: &Context, which: &Which) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/webhooks/{}/test", encoded(&which.name));
    let reply = client.send::<WebhookTestView>(Verb::Post, &path, None::<&()>).await?;
    let name = &which.name;
    let (human, quiet) = match &reply.view {
        WebhookTestView { is_taken: true, status, .. } => {
            let status = status.map(|status| format!(" with {status}")).unwrap_or_default();
            (format!("{}: `{name}` answered{status}", green("taken")), "taken")
        }
        WebhookTestView { trouble, .. } => {
            let why = printable(trouble.as_deref().unwrap_or("it did not say why"));
            (format!("{}: {why}", red("not taken")), "not taken")
        }
    };
    context.output.data(&reply.raw, Said { human, quiet: quiet.to_owned() })?;
    Ok(if reply.view.is_taken { Exit::Pass } else { Exit::No })
}
