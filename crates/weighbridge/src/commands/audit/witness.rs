//! `weighbridge audit witness …`: who cosigns whose ledger.

use clap::{Args, Subcommand};
use serde_json::Value;
use weighbridge_server::api::audit::{AddWitness, WitnessesView};

use super::Context;
use crate::client::{Reply, Verb, encoded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, column, red};

/// Witnesses.
#[derive(Debug, Subcommand)]
pub(crate) enum Witness {
    /// Cosign a log from now on, or ask a witness from now on: the key says which
    Add(Add),
    /// List the logs that are cosigned here, the witnesses that are asked, and our own keys
    List,
    /// Ask every witness now for its cosignature
    Ask,
    /// Forget a log or a witness; what was cosigned stays
    Remove(Which),
}

/// What `audit witness add` takes.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The public key of a log, or of a witness
    key: String,
    /// Where the witness is: `https://other.example/api/v1/witness`; not for a log
    #[arg(long = "at", value_name = "URL")]
    at: Option<String>,
}

/// Which one.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The name of a log or a witness
    name: String,
}

/// Runs the command.
pub(super) async fn run(context: &Context, witness: Witness) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = match witness {
        Witness::Add(add) => {
            let body = AddWitness { key: add.key, url: add.at };
            client.send(Verb::Post, "/audit/witnesses", Some(&body)).await?
        }
        Witness::List => client.get("/audit/witnesses").await?,
        Witness::Ask => client.send(Verb::Post, "/audit/cosignatures", None::<&()>).await?,
        Witness::Remove(which) => {
            let path = format!("/audit/witnesses/{}", encoded(&which.name));
            let reply = client.send::<Value>(Verb::Delete, &path, None::<&()>).await?;
            let human = format!("`{}` was removed; what was cosigned stays", which.name);
            context.output.data(&reply.raw, Said { human, quiet: which.name })?;
            return Ok(Exit::Pass);
        }
    };
    show(context, &reply)
}

fn show(context: &Context, reply: &Reply<WitnessesView>) -> Result<Exit, Failure> {
    let WitnessesView { key, log_key, logs, witnesses } = &reply.view;
    let mut human = Lines::of(format_args!("our log's key: {log_key}\nwe cosign with: {key}"));
    for log in logs {
        let state = match (&log.cosigned_at, log.is_alarmed) {
            (_, true) => red("it once showed another history"),
            (None, _) => "never cosigned yet".to_owned(),
            (Some(at), _) => format!("cosigned over {} entries, {at}", log.size),
        };
        human.add(format_args!("cosigned here: `{}`, {state}", log.name));
    }
    for witness in witnesses {
        let state = match &witness.trouble {
            Some(trouble) => format!("{}: {trouble}", red("trouble")),
            None if witness.cosigned_size == 0 => "not asked yet".to_owned(),
            None => format!("it cosigned {} entries", witness.cosigned_size),
        };
        human.add(format_args!("our witness: `{}` at {}, {state}", witness.name, witness.url));
    }
    let names = logs.iter().map(|log| &log.name).chain(witnesses.iter().map(|one| &one.name));
    context.output.data(&reply.raw, Said { human: human.text(), quiet: column(names) })?;
    Ok(Exit::Pass)
}
