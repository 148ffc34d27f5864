//! `weighbridge config show`: every value, and where it came from.

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;

use super::Context;
use crate::config::Origin;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said};

/// The configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print every value with where it came from; what is printed is a configuration file
    Show(Show),
}

/// What `config show` takes.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Show what holds when this is given to `serve`
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
}

#[derive(Serialize)]
struct Line {
    key: String,
    value: Value,
    origin: String,
}

/// Prints the configuration.
pub(crate) fn show(context: &Context) -> Result<Exit, Failure> {
    let shown = context.loaded.show();
    let width = shown
        .iter()
        .map(|line| line.key.len() + toml(&line.value).len() + 3)
        .filter(|width| *width <= 60)
        .max()
        .unwrap_or(0);
    let (mut human, mut quiet, mut lines) = (Lines::default(), Lines::default(), Vec::new());
    for line in shown {
        let value = toml(&line.value);
        // A key without a value cannot stand in TOML: it is shown as a comment.
        let comment = if line.value.is_null() { "# " } else { "" };
        let text = format!("{comment}{} = {value}", line.key);
        human.add(format_args!("{text:width$}  # {}", line.origin));
        if line.origin != Origin::Default {
            quiet.add(&text);
        }
        lines.push(Line { key: line.key, value: line.value, origin: line.origin.to_string() });
    }
    context.output.data(&lines, Said { human: human.text(), quiet: quiet.text() })?;
    Ok(Exit::Pass)
}

fn toml(value: &Value) -> String {
    match value {
        Value::Null => "(not set)".to_owned(),
        // Strings and lists of strings are written alike in JSON and TOML.
        other => other.to_string(),
    }
}
