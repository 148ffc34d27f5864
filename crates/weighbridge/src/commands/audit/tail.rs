//! `weighbridge audit tail`.

use clap::Args;
use serde_json::Value;
use weighbridge_server::api::audit::EntryView;
use weighbridge_server::api::status::StatusView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, bold, column, printable};

/// What `audit tail` takes.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// How many entries
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// From this position on, instead of the end
    #[arg(long, value_name = "POSITION")]
    from: Option<u64>,
}

/// Shows entries of the ledger.
pub(super) async fn run(context: &Context, tail: &Tail) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let from = if let Some(from) = tail.from {
        from
    } else {
        let size = client.get::<StatusView>("/status").await?.view.ledger.entries;
        size.saturating_sub(u64::try_from(tail.limit).unwrap_or(u64::MAX))
    };
    let after = from.checked_sub(1).map(|before| before.to_string());
    let parameters = [("after", after.as_deref())];
    let reply = client.list::<EntryView>("/audit/entries", &parameters, tail.limit).await?;
    let human = column(reply.view.iter().map(shown));
    let quiet = column(reply.view.iter().map(|entry| &entry.position));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}

fn shown(entry: &EntryView) -> String {
    let mut words = Vec::new();
    if let Value::Object(fields) = &entry.body {
        for (name, value) in fields {
            // It says nothing: it keeps erased bodies from being guessed.
            if name == "salt" {
                continue;
            }
            words.push(match value {
                Value::Null => continue,
                Value::Array(items) if items.is_empty() => continue,
                Value::String(text) => format!("{name}={}", printable(text)),
                Value::Array(items) if items.iter().any(Value::is_object) => {
                    format!("{name}=({} of them)", items.len())
                }
                other => format!("{name}={}", printable(&other.to_string())),
            });
        }
    }
    format!("{:>6}  {}  {}  {}", entry.position, entry.at, bold(&entry.kind), words.join(" "))
}
