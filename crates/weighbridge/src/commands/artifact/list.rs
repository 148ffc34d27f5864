//! `weighbridge artifact list`.

use clap::Args;
use weighbridge_server::api::artifacts::ArtifactView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// What `artifact list` takes.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only names with this in them
    containing: Option<String>,
    /// Only models or only datasets
    #[arg(long, value_parser = ["model", "dataset"])]
    kind: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    limit: usize,
}

/// Lists what came in.
pub(super) async fn run(context: &Context, list: &List) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let parameters = [("kind", list.kind.as_deref()), ("containing", list.containing.as_deref())];
    let reply = client.list::<ArtifactView>("/artifacts", &parameters, list.limit).await?;
    let rows = reply.view.iter().map(|artifact| {
        let restricted = if artifact.restricted { "gated or private" } else { "public" };
        vec![
            artifact.artifact.clone(),
            artifact.kind.clone(),
            artifact.source.clone(),
            restricted.to_owned(),
            artifact.created_at.clone(),
        ]
    });
    let human = if reply.view.is_empty() {
        "nothing came in yet".to_owned()
    } else {
        table(&["artifact", "kind", "source", "upstream", "first asked for"], rows)
    };
    let quiet = column(reply.view.iter().map(|artifact| &artifact.artifact));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
