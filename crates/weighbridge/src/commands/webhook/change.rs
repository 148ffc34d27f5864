//! `weighbridge webhook enable|disable|rotate|remove`.

use serde_json::Value;
use weighbridge_server::api::webhooks::{ChangeWebhook, WebhookView, WebhookWithSecret};

use super::add::show_secret;
use super::{Context, Which};
use crate::client::{Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// Tells a receiver nothing from now on, or again.
pub(super) async fn enable(
    context: &Context,
    which: &Which,
    enabled: bool,
) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/webhooks/{}", encoded(&which.name));
    let body = ChangeWebhook { enabled };
    let reply = client.send::<WebhookView>(Verb::Patch, &path, Some(&body)).await?;
    let name = &reply.view.name;
    let human = if enabled {
        format!("`{name}` is told what happens from now on")
    } else {
        format!("`{name}` is told nothing from now on")
    };
    context.output.data(&reply.raw, Said { human, quiet: reply.view.id.clone() })?;
    Ok(Exit::Pass)
}

/// Makes a new secret.
pub(super) async fn rotate(context: &Context, which: &Which) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/webhooks/{}/rotation", encoded(&which.name));
    let reply = client.send::<WebhookWithSecret>(Verb::Post, &path, None::<&()>).await?;
    let until = reply.view.known.both_sign_until.clone().unwrap_or_default();
    show_secret(context, &reply, &format!("the one before signs beside it until {until}"))
}

/// Removes a receiver.
pub(super) async fn remove(context: &Context, which: &Which) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/webhooks/{}", encoded(&which.name));
    let reply = client.send::<Value>(Verb::Delete, &path, None::<&()>).await?;
    let human = format!("`{}` was removed", which.name);
    context.output.data(&reply.raw, Said { human, quiet: which.name.clone() })?;
    Ok(Exit::Pass)
}
