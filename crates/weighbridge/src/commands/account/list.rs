//! `weighbridge account list`.

use weighbridge_server::api::accounts::AccountView;

use super::{Context, sentence};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// Lists the accounts.
pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = client.list::<AccountView>("/accounts", &[], usize::MAX).await?;
    let rows = reply.view.iter().map(|account| {
        let state = match (&account.disabled_at, &account.password_changed_at) {
            (Some(_), _) => "disabled",
            (None, Some(_)) => "active",
            (None, None) => "no password",
        };
        let grants: Vec<String> = account.grants.iter().map(sentence).collect();
        vec![
            account.name.clone(),
            account.display_name.clone(),
            state.to_owned(),
            grants.join("; "),
        ]
    });
    let human = table(&["name", "who", "state", "granted"], rows);
    let quiet = column(reply.view.iter().map(|account| &account.name));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
