//! `weighbridge audit erase`.

use clap::Args;
use serde_json::json;
use weighbridge_domain::Clock;
use weighbridge_server::api::audit::{EraseBodies, ErasureView};

use super::Context;
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, counted};

/// What `audit erase` takes.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// What is personal to somebody: bodies in which this name stands as a value
    #[arg(long, value_name = "NAME", conflicts_with = "kind", required_unless_present = "kind")]
    person: Option<String>,
    /// Kinds that go by age, `pulls` or `ref.moved`; may be repeated
    #[arg(long, value_name = "KIND", requires = "older_than")]
    kind: Vec<String>,
    /// Only what is older than so many days
    #[arg(long, value_name = "DAYS", value_parser = days)]
    older_than: Option<u64>,
    /// Why; it is kept for ever, so without the name
    #[arg(long, value_name = "TEXT")]
    because: String,
}

/// Erases bodies, until none of them is left.
pub(super) async fn run(context: &Context, erase: Erase) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let before = erase.older_than.map(|days| {
        let age = std::time::Duration::from_secs(days.saturating_mul(86_400));
        Clock::system().now().minus(age).to_string()
    });
    let body =
        EraseBodies { kinds: erase.kind, before, person: erase.person, because: erase.because };
    let (mut erased, mut entries) = (0, Vec::new());
    loop {
        let path = "/audit/erasures";
        let view = client.send::<ErasureView>(Verb::Post, path, Some(&body)).await?.view;
        erased += view.erased;
        entries.extend(view.position);
        if !view.is_more {
            break;
        }
    }
    let human = match entries.last() {
        None => "there was nothing to erase".to_owned(),
        Some(last) => format!(
            "{} erased; entry {last} says so, and the ledger verifies as before",
            counted(erased, "body").replace("bodys", "bodies")
        ),
    };
    let raw = json!({ "erased": erased, "entries": entries });
    context.output.data(&raw, Said { human, quiet: erased.to_string() })?;
    Ok(Exit::Pass)
}

fn days(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no number of days, such as `400d`");
    text.strip_suffix('d').unwrap_or(text).parse().map_err(|_| wrong())
}
