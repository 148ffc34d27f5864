//! `weighbridge trust list`.

use weighbridge_server::api::trusted_keys::TrustedKeyView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// Lists the keys that are trusted.
pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = client.list::<TrustedKeyView>("/trusted-keys", &[], usize::MAX).await?;
    let rows = reply.view.iter().map(|view| {
        vec![
            view.name.clone(),
            view.grade.clone(),
            view.predicates.join(", "),
            view.namespaces.join(", "),
            view.keyid.clone(),
        ]
    });
    let human = table(&["name", "grade", "for", "about", "keyid"], rows);
    let quiet = column(reply.view.iter().map(|view| &view.name));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
