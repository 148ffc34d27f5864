//! `weighbridge attestation list`.

use clap::Args;
use weighbridge_server::api::attestations::AttestationView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// What `attestation list` takes.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Which revision: `acme/tiny-bert@main`
    #[arg(value_name = "REF")]
    reference: String,
    /// Only this type of statement
    #[arg(long = "type", value_name = "PREDICATE")]
    predicate_type: Option<String>,
}

/// Lists what is said about a revision.
pub(super) async fn run(context: &Context, list: &List) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let given = [("ref", Some(list.reference.as_str()))];
    let mut reply =
        client.list::<AttestationView>("/revision/attestations", &given, usize::MAX).await?;
    if let Some(wanted) = &list.predicate_type {
        reply.retain(|view| view.predicate_type == *wanted);
    }
    let rows = reply.view.iter().map(|view| {
        vec![
            view.at.clone(),
            view.grade.clone(),
            view.predicate_type.clone(),
            by(view),
            if view.is_erased { "erased".to_owned() } else { String::new() },
            view.digest.clone(),
        ]
    });
    let human = table(&["at", "grade", "says", "signed by", "", "envelope"], rows);
    let quiet = column(reply.view.iter().map(|view| &view.digest));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(if reply.view.is_empty() { Exit::NothingEvaluated } else { Exit::Pass })
}

/// Who signed it.
pub(super) fn by(view: &AttestationView) -> String {
    view.trusted_key.clone().unwrap_or_else(|| "this instance".to_owned())
}
