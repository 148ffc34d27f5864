//! `weighbridge token list`.

use clap::Args;
use weighbridge_server::api::tokens::TokenView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// What `token list` takes.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Show the revoked ones too
    #[arg(long)]
    all: bool,
}

/// Lists the tokens; none is ever shown itself.
pub(super) async fn run(context: &Context, list: &List) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let mut reply = client.list::<TokenView>("/tokens", &[], usize::MAX).await?;
    if !list.all {
        reply.retain(|token| token.revoked_at.is_none());
    }
    let rows = reply.view.iter().map(|token| {
        let ends = match (&token.revoked_at, &token.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => at.clone(),
            (None, None) => "never".to_owned(),
        };
        vec![
            token.name.clone(),
            token.role.clone(),
            token.environment.clone(),
            token.entitled_to.join(", "),
            ends,
            token.id.clone(),
        ]
    });
    let human = table(&["name", "role", "environment", "entitled to", "ends", "id"], rows);
    let quiet = column(reply.view.iter().map(|token| &token.id));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
