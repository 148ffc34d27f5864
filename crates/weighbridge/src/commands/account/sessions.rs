//! `weighbridge account sessions`.

use clap::Args;
use weighbridge_server::api::account::{EndedSessions, SessionView};

use super::Context;
use super::state::Which;
use crate::client::{Client, Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, counted, table};

/// What `account sessions` takes.
#[derive(Debug, Args)]
pub(crate) struct Sessions {
    /// Of this account, whose password is asked for [default: the account of the personal token]
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// End them all
    #[arg(long)]
    end: bool,
}

/// Lists or ends one's own sessions.
pub(super) async fn run(context: &Context, sessions: &Sessions) -> Result<Exit, Failure> {
    let client = context.client_of_owner(sessions.account.as_deref()).await?;
    if sessions.end {
        return end(context, &client, "/account/sessions").await;
    }
    let reply = client.list::<SessionView>("/account/sessions", &[], usize::MAX).await?;
    let rows = reply.view.iter().map(|session| {
        let SessionView { created_at, seen_at, address, client } = session.clone();
        vec![created_at, seen_at, address, client]
    });
    let human = table(&["since", "last used", "from", "with"], rows);
    let quiet = column(reply.view.iter().map(|session| &session.created_at));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}

/// Ends somebody's sessions, as an administrator.
pub(super) async fn sign_out(context: &Context, which: &Which) -> Result<Exit, Failure> {
    let client = context.client().await?;
    end(context, &client, &format!("/accounts/{}/sessions", encoded(&which.name))).await
}

async fn end(context: &Context, client: &Client, path: &str) -> Result<Exit, Failure> {
    let reply = client.send::<EndedSessions>(Verb::Delete, path, None::<&()>).await?;
    let ended = reply.view.ended;
    let human = format!("ended {}", counted(ended, "session"));
    context.output.data(&reply.raw, Said { human, quiet: ended.to_string() })?;
    Ok(Exit::Pass)
}
