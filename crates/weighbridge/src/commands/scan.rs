//! `weighbridge scan`: what files on this machine would do to whoever loads them.

mod explain;
mod hub;
mod human;
mod json;
mod sarif;
mod suppress;
mod targets;
mod tree;
mod verdicts;
mod work;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;
use weighbridge_domain::Verdict;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instance::{own_program, scan_limits};
use crate::output::{Format, Said, column};
use suppress::Suppressions;
use verdicts::{FileResult, Scanned};

/// What `scan` takes.
#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// Files, directories, a Hugging Face cache, `hf://org/name@revision`; `-` is standard input
    #[arg(value_name = "PATH", required_unless_present = "explain")]
    paths: Vec<PathBuf>,
    /// Say what a rule finds, why that matters and what to do about it; `all` for every rule
    #[arg(long, value_name = "CODE", conflicts_with = "paths")]
    explain: Option<String>,
    /// From which verdict on the command ends with 1; what could not be examined always does
    #[arg(long, value_enum, default_value = "review", value_name = "VERDICT")]
    fail_on: FailOn,
    /// A file of findings that somebody has looked at: `[[suppress]]` with `code`, `path`, `reason`, `expires`
    #[arg(long, value_name = "FILE")]
    suppressions: Option<PathBuf>,
    /// The name that standard input goes by
    #[arg(long, value_name = "NAME", default_value = "stdin")]
    stdin_name: String,
    /// The Hub that `hf://` means; without it, the one in `HF_ENDPOINT`, or the public one
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// How much a repository of a Hub may have
    #[arg(long, value_name = "GIB", default_value_t = 64)]
    max_gib: u64,
    /// Show clean files too
    #[arg(long)]
    all: bool,
}

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Whatever a person has to look at.
    Review,
    /// Only what can act on whoever loads it.
    Dangerous,
}

/// Scans what was named.
pub(crate) async fn run(context: &Context, scan: &Scan) -> Result<Exit, Failure> {
    if let Some(code) = &scan.explain {
        return explain::run(context.output, code);
    }
    let suppressions = match &scan.suppressions {
        Some(path) => Suppressions::read(path)?,
        None => Suppressions::default(),
    };
    let mut hub = hub::Hub::new(scan.endpoint.as_deref(), scan.max_gib.saturating_mul(1 << 30));
    let mut targets = Vec::new();
    for path in &scan.paths {
        if hub::is_address(path) {
            targets.push(hub.fetch(&path.to_string_lossy()).await?);
        } else {
            targets.extend(targets::find(path, &scan.stdin_name)?);
        }
    }
    let program = own_program()
        .map_err(|error| Failure::new("the scan worker cannot be started").because(error))?;
    let limits = scan_limits(&context.loaded.config);
    let scanner = weighbridge_scan::Scanner::new(program, vec!["scan-worker".into()], limits);
    let scanner = scanner.telling_convertible().with_spare(context.spare.take());
    let mut report = work::run(&scanner, targets)?;
    drop(hub);
    suppressions.apply(&mut report);
    tell(context, scan, &report)?;
    Ok(exit(&report, scan.fail_on))
}

fn tell(context: &Context, scan: &Scan, scanned: &Scanned) -> Result<(), Failure> {
    let nothing = || Said { human: String::new(), quiet: String::new() };
    let (document, said) = match context.output.format {
        Format::Sarif => (sarif::document(scanned), nothing()),
        Format::Json => (json::document(scanned), nothing()),
        Format::Human => (Value::Null, Said { human: human::text(scanned, scan.all), ..nothing() }),
        Format::Quiet => {
            let line = |file: &FileResult| format!("{}\t{}", file.verdict(), file.shown);
            (Value::Null, Said { quiet: column(scanned.files.iter().map(line)), ..nothing() })
        }
    };
    context.output.data(&document, said)
}

fn exit(scanned: &Scanned, fail_on: FailOn) -> Exit {
    match (scanned.verdict(), fail_on) {
        (None, _) => Exit::NothingEvaluated,
        (Some(Verdict::Clean), _) | (Some(Verdict::Review), FailOn::Dangerous) => Exit::Pass,
        (Some(Verdict::Review | Verdict::Dangerous | Verdict::Unknown), _) => Exit::No,
    }
}
