//! `weighbridge trust add`.

use std::path::PathBuf;

use clap::Args;
use weighbridge_server::api::trusted_keys::{AddTrustedKey, TrustedKeyView};

use super::Context;
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// What `trust add` takes.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What to call the key
    name: String,
    /// The public key, as PEM: ECDSA P-256, P-384, P-521 or Ed25519
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// For these types of statements; one that ends in `*` is a beginning
    #[arg(long = "for", required = true, num_args = 1.., value_name = "PREDICATE")]
    predicates: Vec<String>,
    /// About these artifacts: `acme/*`
    #[arg(long, required = true, num_args = 1.., value_name = "PATTERN")]
    namespaces: Vec<String>,
    /// How well what it says is known: `declared` or `verified`
    #[arg(long, default_value = "declared", value_name = "GRADE")]
    grade: String,
}

/// Trusts a key.
pub(super) async fn run(context: &Context, add: Add) -> Result<Exit, Failure> {
    let pem = std::fs::read_to_string(&add.key).map_err(|error| {
        Failure::new(format!("`{}` cannot be read", add.key.display())).because(error)
    })?;
    let client = context.client().await?;
    let body = AddTrustedKey {
        name: add.name,
        pem,
        predicates: add.predicates,
        namespaces: add.namespaces,
        grade: Some(add.grade),
    };
    let reply = client.send::<TrustedKeyView>(Verb::Post, "/trusted-keys", Some(&body)).await?;
    let view = &reply.view;
    let human = format!(
        "`{}` is trusted for {} about {}: what it says is {}\n  keyid: {}",
        view.name,
        view.predicates.join(", "),
        view.namespaces.join(", "),
        view.grade,
        view.keyid,
    );
    context.output.data(&reply.raw, Said { human, quiet: view.keyid.clone() })?;
    Ok(Exit::Pass)
}
