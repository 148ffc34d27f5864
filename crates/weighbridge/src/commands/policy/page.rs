//! `weighbridge policy page` and `weighbridge policy block-list`.

use clap::{Args, ValueEnum};

use super::Context;
use crate::client::query;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Said};

/// What `policy page` takes.
#[derive(Debug, Args)]
pub(crate) struct Page {
    /// Only what has these words in it
    search: Vec<String>,
    /// How it is written
    #[arg(long = "as", value_enum, default_value = "markdown")]
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// For people, wikis and repositories
    Markdown,
    /// One file that needs nothing else
    Html,
}

/// Prints what may be used.
pub(super) async fn run(context: &Context, page: &Page) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let words = page.search.join(" ");
    let search = Some(words.as_str()).filter(|words| !words.is_empty());
    if context.output.format == Format::Json {
        let reply =
            client.get::<serde_json::Value>(&query("/policy/page", &[("q", search)])).await?;
        let nothing = Said { human: String::new(), quiet: String::new() };
        context.output.data(&reply.raw, nothing)?;
        return Ok(Exit::Pass);
    }
    let kind = match page.kind {
        Kind::Markdown => "markdown",
        Kind::Html => "html",
    };
    let path = query("/policy/page", &[("q", search), ("format", Some(kind))]);
    text(context, client.file(&path).await?)
}

/// Prints the prohibited sources.
pub(super) async fn block_list(context: &Context) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let bytes = client.file("/policy/block-list").await?;
    if context.output.format == Format::Json {
        let listed = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = listed.lines().filter(|line| !line.starts_with('#')).collect();
        let nothing = Said { human: String::new(), quiet: String::new() };
        context.output.data(&lines, nothing)?;
        return Ok(Exit::Pass);
    }
    text(context, bytes)
}

fn text(context: &Context, bytes: Vec<u8>) -> Result<Exit, Failure> {
    let human = String::from_utf8(bytes)
        .map_err(|error| Failure::new("the server's answer cannot be read").because(error))?;
    let quiet = human.clone();
    context.output.data(&(), Said { human, quiet })?;
    Ok(Exit::Pass)
}
