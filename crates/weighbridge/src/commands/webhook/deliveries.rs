//! `weighbridge webhook deliveries`.

use clap::Args;
use weighbridge_server::api::webhooks::DeliveryView;

use super::Context;
use crate::client::encoded;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// What `webhook deliveries` takes.
#[derive(Debug, Args)]
pub(crate) struct Deliveries {
    /// The receiver's name or id
    name: String,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

/// Lists what a receiver was told.
pub(super) async fn run(context: &Context, deliveries: &Deliveries) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let path = format!("/webhooks/{}/deliveries", encoded(&deliveries.name));
    let reply = client.list::<DeliveryView>(&path, &[], deliveries.limit).await?;
    let rows = reply.view.iter().map(|delivery| {
        let when = match (&delivery.due_at, &delivery.settled_at) {
            (Some(due), _) => format!("due {due}"),
            (None, Some(settled)) => settled.clone(),
            (None, None) => String::new(),
        };
        vec![
            delivery.position.to_string(),
            delivery.state.clone(),
            delivery.attempts.to_string(),
            when,
            delivery.trouble.clone().unwrap_or_default(),
        ]
    });
    let human = if reply.view.is_empty() {
        "it was told nothing yet".to_owned()
    } else {
        table(&["entry", "state", "attempts", "when", "trouble"], rows)
    };
    let quiet = column(reply.view.iter().map(|delivery| delivery.position));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
