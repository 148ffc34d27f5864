//! `weighbridge policy diff`.

use clap::Args;

use super::Context;
use super::source::Source;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, column, printable};

/// What `policy diff` takes.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// A folder, the number of a version, `active` or `config`
    #[arg(value_name = "A", value_parser = Source::parse)]
    from: Source,
    /// The same
    #[arg(value_name = "B", value_parser = Source::parse)]
    to: Source,
}

/// Says what differs. Ends with 1 when something does, as `diff` does.
pub(super) async fn run(context: &Context, diff: &Diff) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let from = diff.from.bundle(context, &client).await?;
    let to = diff.to.bundle(context, &client).await?;
    let found = from.differences(&to);
    let lines: Vec<String> = found.iter().map(|one| printable(&one.to_string())).collect();
    let mut human = Lines::default();
    for line in &lines {
        human.add(line);
    }
    if lines.is_empty() {
        human.add("they decide alike");
    }
    let json = serde_json::json!({"differences": lines});
    let quiet = column(&lines);
    context.output.data(&json, Said { human: human.text(), quiet })?;
    Ok(if found.is_empty() { Exit::Pass } else { Exit::No })
}
