//! `weighbridge status`: what came in, where it stands, what was decided.

use weighbridge_server::api::status::StatusView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, bytes, counted, table, yellow};

/// Prints the state of everything in numbers.
pub(crate) async fn run(context: &Context) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = client.get::<StatusView>("/status").await?;
    let status = &reply.view;
    let place =
        client.server_url().map_or("no server runs".to_owned(), |url| format!("served at {url}"));
    let mut human = format!(
        "Weighbridge {}, {place}\n\n{}, {}, {}, {} being fetched\n\n",
        status.version,
        counted(status.artifacts, "artifact"),
        counted(status.revisions, "revision"),
        counted(status.downloads, "download"),
        counted(status.transfers, "file"),
    );
    let custody = status
        .custody
        .iter()
        .map(|row| vec![row.custody.clone(), row.files.to_string(), bytes(row.size_bytes)]);
    human.push_str(&table(&["custody", "files", "size"], custody));
    let environments = status.environments.iter().map(|row| {
        let mut name = row.name.clone();
        if row.is_default {
            name.push_str(" (default)");
        }
        let anonymous = if row.anonymous { "may pull" } else { "may not" };
        let counts = [row.allowed, row.held, row.denied].map(|count| count.to_string());
        [vec![name], counts.to_vec(), vec![anonymous.to_owned()]].concat()
    });
    human.push_str("\n\n");
    human.push_str(&table(
        &["environment", "allowed", "held", "denied", "without a token"],
        environments,
    ));
    let ledger = &status.ledger;
    human.push_str(&format!("\n\nledger: {} entries, root {}\n", ledger.entries, ledger.root));
    let sandbox = &status.sandbox;
    if sandbox.is_complete {
        human.push_str(&format!("scanner: sandboxed ({})\n", sandbox.detail));
    } else {
        let warning = yellow("not fully sandboxed");
        human.push_str(&format!("scanner: {warning} ({})\n", sandbox.detail));
    }
    let quiet = status
        .custody
        .iter()
        .map(|row| format!("{} {}\n", row.custody, row.files))
        .collect::<String>();
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
