//! `weighbridge lanes set`: changes the decision table to the one in a file.

use std::path::PathBuf;

use clap::Args;
use weighbridge_server::api::lanes::{LaneTableView, LanesView};

use super::{Context, say};
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;

/// A table larger than this is a mistake.
const MAX_BYTES: u64 = 256 * 1024;

/// What `set` takes.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// A table in TOML, as `weighbridge lanes show` prints it
    file: PathBuf,
}

/// Changes it.
pub(super) async fn run(context: &Context, set: &Set) -> Result<Exit, Failure> {
    let shown = set.file.display();
    let cannot = |why: &dyn std::fmt::Display| {
        Failure::new(format!("`{shown}` cannot be used as a decision table"))
            .because(why)
            .hint("`weighbridge lanes show` prints the table in force, to begin with")
    };
    let size_bytes = std::fs::metadata(&set.file).map_err(|error| cannot(&error))?.len();
    if size_bytes > MAX_BYTES {
        return Err(cannot(&format_args!("it has {size_bytes} bytes, more than {MAX_BYTES}")));
    }
    let text = std::fs::read_to_string(&set.file).map_err(|error| cannot(&error))?;
    let table: LaneTableView = toml::from_str(&text).map_err(|error| {
        let line = error.span().map(|span| {
            let before = text.bytes().take(span.start).filter(|byte| *byte == b'\n').count();
            format!("line {}: ", before + 1)
        });
        cannot(&format_args!("{}{}", line.unwrap_or_default(), error.message()))
    })?;
    let client = context.client().await?;
    let reply = client.send::<LanesView>(Verb::Put, "/lanes", Some(&table)).await?;
    say(context, &reply)
}
