//! `weighbridge waiver list`.

use clap::Args;
use weighbridge_domain::{Clock, Timestamp};
use weighbridge_server::api::waivers::WaiverView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// What `waiver list` takes.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Show those that ended too
    #[arg(long)]
    all: bool,
}

/// Lists the waivers.
pub(super) async fn run(context: &Context, list: &List) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let mut reply = client.list::<WaiverView>("/waivers", &[], usize::MAX).await?;
    if !list.all {
        let now = Clock::system().now();
        reply.retain(|waiver| holds(waiver, now));
    }
    let rows = reply.view.iter().map(|waiver| {
        let ends = match &waiver.revoked_at {
            Some(at) => format!("revoked {at}"),
            None => waiver.expires_at.clone(),
        };
        vec![
            waiver.rule.clone(),
            waiver.environment.clone(),
            waiver.pattern.clone(),
            waiver.granted_by.clone(),
            ends,
            waiver.because.clone(),
            waiver.id.clone(),
        ]
    });
    let heads = ["rule", "environment", "artifacts", "granted by", "ends", "because", "id"];
    let human = table(&heads, rows);
    let quiet = column(reply.view.iter().map(|waiver| &waiver.id));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}

fn holds(waiver: &WaiverView, now: Timestamp) -> bool {
    waiver.revoked_at.is_none()
        && Timestamp::from_rfc3339(&waiver.expires_at).is_none_or(|end| end > now)
}
