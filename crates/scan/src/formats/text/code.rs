//! Text that is a program: scripts, Python, lines that Python runs from `.pth` files.

use weighbridge_domain::Format;

use crate::analyse::{Entry, Scan, shown};
use crate::formats::python;
use crate::rules;

/// Suffixes of scripts that a shell or an interpreter runs.
const SCRIPTS: &[&str] = &[
    "sh", "bash", "zsh", "fish", "csh", "ksh", "bat", "cmd", "ps1", "psm1", "vbs", "vbe", "jse",
    "wsf", "hta", "reg", "command", "pl", "rb", "awk", "php", "tcl", "lua", "js", "mjs", "cjs",
];

/// Reports what kind of program a text is; `None` when it is none.
pub(super) fn read(
    scan: &mut Scan,
    entry: &Entry<'_>,
    extension: &str,
    text: &str,
) -> Option<Format> {
    let first = text.lines().next().unwrap_or_default();
    if extension == "py" {
        // Whether anything loads it depends on the repository: its rules speak about that.
        python::check(scan, entry, text, python::Run::Import, |at| Some(at as u64));
        return Some(Format::known("python"));
    }
    if first.starts_with("#!") || SCRIPTS.contains(&extension) {
        let evidence = shown(first.as_bytes(), 200);
        scan.report(rules::SCRIPT.finding(entry.place(Some(0)), "the file is a script", evidence));
        return Some(Format::known("script"));
    }
    if extension == "pth" {
        let runs = |line: &&str| line.starts_with("import ") || line.starts_with("import\t");
        if let Some(line) = text.lines().find(runs) {
            let message = "the .pth file runs code at every start of Python";
            let evidence = shown(line.as_bytes(), 200);
            scan.report(rules::PATH_CODE.finding(entry.place(None), message, evidence));
        }
    }
    None
}
