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
    /// Only those of one's own account: of the personal token, or with `--account`
    #[arg(long)]
    mine: bool,
    /// Those of this account, whose password is asked for
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

/// Lists the tokens; none is ever shown itself.
pub(super) async fn run(context: &Context, list: &List) -> Result<Exit, Failure> {
    let is_own = list.mine || list.account.is_some();
    let path = if is_own { "/account/tokens" } else { "/tokens" };
    let client = context.client_of_owner(list.account.as_deref()).await?;
    let mut reply = client.list::<TokenView>(path, &[], usize::MAX).await?;
    if !list.all {
        reply.retain(|token| token.revoked_at.is_none());
    }
    let rows = reply.view.iter().map(|token| {
        let ends = match (&token.revoked_at, &token.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => at.clone(),
            (None, None) => "never".to_owned(),
        };
        let mut cells = vec![
            token.name.clone(),
            token.role.clone(),
            token.environment.clone(),
            token.entitled_to.join(", "),
            ends,
            token.id.clone(),
        ];
        if is_own {
            cells.push(token.last_used_at.clone().unwrap_or_else(|| "never".to_owned()));
        }
        cells
    });
    let mut heads = vec!["name", "role", "environment", "entitled to", "ends", "id"];
    if is_own {
        heads.push("last used");
    }
    let human = table(&heads, rows);
    let quiet = column(reply.view.iter().map(|token| &token.id));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
