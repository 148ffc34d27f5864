//! `weighbridge audit verify`.

use weighbridge_server::api::audit::VerificationView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, green, red};

/// Verifies the ledger.
pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = client.get::<VerificationView>("/audit/verification").await?;
    let view = &reply.view;
    let mut human = Lines::of(match &view.fault {
        None => format!(
            "{}: {} entries hash to the root, {} signed checkpoints agree",
            green("intact"),
            view.entries,
            view.checkpoints
        ),
        Some(fault) => format!("{}: {fault}", red("not intact")),
    });
    human.add(format_args!("  root: {}\n  key: {}", view.root, view.key));
    if view.fault.is_some() {
        human.add(
            "  hint: keep a copy of the data directory as it is, and compare it with a backup",
        );
    }
    let quiet = if view.is_intact { "intact" } else { "not intact" };
    context.output.data(&reply.raw, Said { human: human.text(), quiet: quiet.to_owned() })?;
    Ok(if view.is_intact { Exit::Pass } else { Exit::No })
}
