//! Data to stdout, talk to stderr, in the format that was asked for.

use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::failure::Failure;

/// Who reads the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A person.
    Human,
    /// A program: one JSON document, as the API sends it.
    Json,
    /// A script: ids and names only, one a line.
    Quiet,
    /// A code scanning tool: SARIF 2.1.0, from `scan` alone.
    Sarif,
}

/// Where a command writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) format: Format,
}

/// What one command has to say, in every format.
pub(crate) struct Said {
    /// For people.
    pub(crate) human: String,
    /// For scripts.
    pub(crate) quiet: String,
}

impl Output {
    /// Writes the result of a command.
    pub(crate) fn data(self, json: &impl Serialize, said: Said) -> Result<(), Failure> {
        let text = match self.format {
            Format::Human => said.human,
            Format::Quiet => said.quiet,
            Format::Json | Format::Sarif => serde_json::to_string_pretty(json)
                .map_err(|error| Failure::new("the answer cannot be shown").because(error))?,
        };
        let text = text.trim_end_matches('\n');
        if text.is_empty() {
            return Ok(());
        }
        written(writeln!(anstream::stdout().lock(), "{text}"))
    }

    /// Tells a person something that is not the result.
    pub(crate) fn talk(self, text: &str) {
        if self.format == Format::Human {
            writeln!(anstream::stderr().lock(), "{text}").ok();
        }
    }
}

/// Writes one line of the result, whatever the format; false when nobody reads any more.
pub(crate) fn line(text: &str) -> Result<bool, Failure> {
    match writeln!(io::stdout().lock(), "{text}") {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new("the output cannot be written").because(error)),
    }
}

/// A reader who has seen enough (`| head`) is no error.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new("the output cannot be written").because(error))
        }
        _ => Ok(()),
    }
}

/// Tells why a command failed: to people in words, to programs as a problem.
pub(crate) fn fail(format: Format, failure: &Failure) {
    if matches!(format, Format::Json | Format::Sarif) {
        let problem = serde_json::json!({
            "error": failure.what(),
            "reasons": failure.reasons(),
            "hint": failure.next_step(),
        });
        writeln!(anstream::stderr().lock(), "{problem:#}").ok();
        return;
    }
    let mut text = Lines::of(format_args!("{}: {}", red("error"), failure.what()));
    for reason in failure.reasons() {
        text.add(format_args!("  {}: {reason}", bold("reason")));
    }
    if let Some(hint) = failure.next_step() {
        text.add(format_args!("  {}: {hint}", cyan("hint")));
    }
    writeln!(anstream::stderr().lock(), "{}", text.text()).ok();
}

/// A table without lines: the header in capitals, so that it needs no colour.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(|word| word.to_uppercase()));
    for row in rows {
        // What came from outside must not move the cursor of a terminal.
        table.add_row(row.into_iter().map(|cell| printable(&cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// The text without control characters.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}

/// `1 file`, `2 files`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Bytes for people: `1.5 GiB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    // Tenths are enough, and whole numbers cannot round to `1024.0 KiB`.
    let mut tenths = u128::from(count) * 10 / 1024;
    let mut unit = UNITS[0];
    for next in UNITS.iter().skip(1) {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = next;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// Bold text, where the terminal has it.
pub(crate) fn bold(text: &str) -> String {
    styled(Style::new().bold(), text)
}

/// Text for people, line by line.
#[derive(Default)]
pub(crate) struct Lines(String);

impl Lines {
    /// Text that begins with a line.
    pub(crate) fn of(first: impl Display) -> Lines {
        let mut lines = Lines::default();
        lines.add(first);
        lines
    }

    /// Adds a line; it may be several.
    pub(crate) fn add(&mut self, line: impl Display) {
        // Writing into a string never fails.
        writeln!(self.0, "{line}").ok();
    }

    /// Everything that was added, without the end of its last line.
    pub(crate) fn text(mut self) -> String {
        self.0.pop();
        self.0
    }
}

/// One item a line, for scripts.
pub(crate) fn column<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let mut lines = Lines::default();
    for item in items {
        lines.add(item);
    }
    lines.text()
}

/// What went wrong.
pub(crate) fn red(text: &str) -> String {
    styled(AnsiColor::Red.on_default().bold(), text)
}

/// What went well.
pub(crate) fn green(text: &str) -> String {
    styled(AnsiColor::Green.on_default().bold(), text)
}

/// What waits.
pub(crate) fn yellow(text: &str) -> String {
    styled(AnsiColor::Yellow.on_default().bold(), text)
}

/// What to do next.
pub(crate) fn cyan(text: &str) -> String {
    styled(AnsiColor::Cyan.on_default().bold(), text)
}

fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_true() {
        let shown: Vec<String> =
            [0, 1023, 1024, 1_048_575, 1_610_612_736].into_iter().map(bytes).collect();
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "1023.9 KiB", "1.5 GiB"]);
    }

    #[test]
    fn a_name_from_outside_cannot_move_the_cursor() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
    }
}
