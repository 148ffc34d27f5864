//! `weighbridge status`: what came in, where it stands, what was decided.

use weighbridge_server::api::status::StatusView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, bytes, column, counted, table, yellow};

/// Prints the state of everything in numbers.
pub(crate) async fn run(context: &Context) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = client.get::<StatusView>("/status").await?;
    let status = &reply.view;
    let place =
        client.server_url().map_or("no server runs".to_owned(), |url| format!("served at {url}"));
    let mut human = Lines::of(format_args!(
        "Weighbridge {}, {place}\n\n{}, {}, {}, {} being fetched\n",
        status.version,
        counted(status.artifacts, "artifact"),
        counted(status.revisions, "revision"),
        counted(status.downloads, "download"),
        counted(status.transfers, "file"),
    ));
    let custody = status
        .custody
        .iter()
        .map(|row| vec![row.custody.clone(), row.files.to_string(), bytes(row.size_bytes)]);
    human.add(table(&["custody", "files", "size"], custody));
    let environments = status.environments.iter().map(|row| {
        let mut name = row.name.clone();
        if row.is_default {
            name.push_str(" (default)");
        }
        let anonymous = if row.anonymous { "may pull" } else { "may not" };
        let counts = [row.allowed, row.held, row.denied].map(|count| count.to_string());
        [vec![name], counts.to_vec(), vec![anonymous.to_owned()]].concat()
    });
    let header = ["environment", "allowed", "held", "denied", "without a token"];
    human.add(format_args!("\n{}", table(&header, environments)));
    for glass in &status.break_glass {
        human.add(format_args!("\nbreak-glass {}", super::break_glass::told(glass)));
    }
    let ledger = &status.ledger;
    human.add(format_args!("\nledger: {} entries, root {}", ledger.entries, ledger.root));
    let sandbox = &status.sandbox;
    if sandbox.is_complete {
        human.add(format_args!("scanner: sandboxed ({})", sandbox.detail));
    } else {
        let warning = yellow("not fully sandboxed");
        human.add(format_args!("scanner: {warning} ({})", sandbox.detail));
    }
    let rescan = &status.rescan;
    if rescan.left() > 0 {
        let since = rescan.since.as_ref().map_or(String::new(), |at| format!(" since {at}"));
        human.add(format_args!(
            "scanner: new rules have looked at {} of {} and {} of {}{since}; what was said before holds for the others",
            rescan.done_files,
            counted(rescan.done_files + rescan.stale_files, "file"),
            rescan.done_revisions,
            counted(rescan.done_revisions + rescan.stale_revisions, "revision"),
        ));
    }
    if rescan.left() > 0 && rescan.is_off {
        let warning = yellow("warning");
        human.add(format_args!("{warning}: nobody looks at the others (`scan.rescan` is false)"));
    }
    let policy = &status.policy;
    let origin =
        if policy.origin == "configuration" { "from the configuration" } else { "activated" };
    human.add(format_args!("policy: version {}, {origin}", policy.version));
    if policy.overrules_configuration {
        human.add(format_args!(
            "{}: the rules of the configuration are not in force: version {} was activated",
            yellow("warning"),
            policy.version
        ));
    }
    if policy.one_person {
        human.add(format_args!(
            "{}: one person is enough to change the policy (`policy.one_person`)",
            yellow("warning")
        ));
    }
    let quiet = column(status.custody.iter().map(|row| format!("{} {}", row.custody, row.files)));
    context.output.data(&reply.raw, Said { human: human.text(), quiet })?;
    Ok(Exit::Pass)
}
