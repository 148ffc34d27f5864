//! `weighbridge convert`: the tensors of a checkpoint, written as safetensors. Nothing is loaded: where the tensors
//! lie is read from the checkpoint's own table in the sandboxed worker, and their bytes are copied.

mod shards;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use tempfile::TempPath;
use weighbridge_domain::{RepoPath, Verdict};
use weighbridge_scan::{ScanInput, ScanJob, ScanOutcome, Scanner, TensorPlace};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instance::{own_program, scan_limits};
use crate::output::{Lines, Said, bytes, counted};

/// What `convert` takes.
#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// A checkpoint that `torch.save` wrote, or a directory with the index of one in pieces
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Write it here; without it, beside the checkpoint, as `.safetensors`
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Convert only what the checkpoint has under this name, such as `state_dict`
    #[arg(long, value_name = "NAME")]
    entry: Option<String>,
    /// Replace what is there
    #[arg(long)]
    force: bool,
}

/// What was written.
struct Converted {
    from: PathBuf,
    to: PathBuf,
    tensors: Vec<String>,
    bytes: u64,
    tensor_bytes: u64,
}

/// What was written and has not its name yet. It is removed when nobody gives it one.
struct Written {
    converted: Converted,
    beside: TempPath,
}

impl Written {
    /// Gives it its name: it is there whole or not at all.
    fn put(self) -> Result<Converted, Failure> {
        let Written { converted, beside } = self;
        let failed = || cannot_be_written(&converted.to);
        beside.persist(&converted.to).map_err(|error| failed().because(error.error))?;
        Ok(converted)
    }
}

/// Writes the tensors of a checkpoint as safetensors.
pub(crate) fn run(context: &Context, convert: &Convert) -> Result<Exit, Failure> {
    let program = own_program()
        .map_err(|error| Failure::new("the scan worker cannot be started").because(error))?;
    let limits = scan_limits(&context.loaded.config);
    let scanner = Scanner::new(program, vec!["scan-worker".into()], limits);
    let converted = if convert.path.is_dir() {
        shards::convert(&scanner, convert)?
    } else {
        let to = match &convert.output {
            Some(path) => path.clone(),
            None => convert.path.with_extension("safetensors"),
        };
        vec![one(&scanner, convert, &convert.path, &to)?.put()?]
    };
    let mut human = Lines::default();
    for file in &converted {
        human.add(format_args!(
            "{} → {}: {}, {}",
            file.from.display(),
            file.to.display(),
            counted(file.tensors.len() as u64, "tensor"),
            bytes(file.bytes)
        ));
    }
    let document = json!({
        "files": converted.iter().map(|file| json!({
            "from": file.from.to_string_lossy(),
            "to": file.to.to_string_lossy(),
            "tensors": file.tensors.len(),
            "size_bytes": file.bytes,
        })).collect::<Vec<_>>(),
    });
    let quiet = crate::output::column(converted.iter().map(|file| file.to.display().to_string()));
    context.output.data(&document, Said { human: human.text(), quiet })?;
    Ok(Exit::Pass)
}

/// Converts one file: it is scanned, its table is read, and then its bytes are copied.
fn one(scanner: &Scanner, convert: &Convert, from: &Path, to: &Path) -> Result<Written, Failure> {
    let refused = || Failure::new(format!("`{}` cannot be converted", from.display()));
    let file = File::open(from).map_err(|error| refused().because(error))?;
    let about = file.metadata().map_err(|error| refused().because(error))?;
    if !about.is_file() {
        return Err(refused().because("it is neither a file nor a directory"));
    }
    check_clean(scanner, from, &file, about.len())?;
    let input = input(from, &file, about.len()).map_err(|error| refused().because(error))?;
    let table = scanner
        .tensors(input, convert.entry.as_deref())
        .map_err(|error| Failure::new("the scan worker cannot be started").because(error))?;
    let tensors = table.map_err(|why| {
        refused().because(why).hint(
            "only a checkpoint of tensors alone is converted; `--entry NAME` takes what it has under a name",
        )
    })?;
    write(from, &file, about.len(), &tensors, to, convert.force)
}

fn write(
    from: &Path,
    file: &File,
    size_bytes: u64,
    tensors: &[TensorPlace],
    to: &Path,
    force: bool,
) -> Result<Written, Failure> {
    let failed = || cannot_be_written(to);
    if !force && to.exists() {
        return Err(failed().because("it is there already").hint("`--force` replaces it"));
    }
    let plan = write::Plan::new(tensors, size_bytes).map_err(|why| {
        Failure::new(format!("`{}` cannot be converted", from.display())).because(why)
    })?;
    let (bytes, tensor_bytes) = (plan.file_bytes(), plan.data_bytes());
    let beside = plan.write(file, to).map_err(|error| failed().because(error))?;
    let converted = Converted {
        from: from.to_owned(),
        to: to.to_owned(),
        tensors: tensors.iter().map(|tensor| tensor.name.clone()).collect(),
        bytes,
        tensor_bytes,
    };
    Ok(Written { converted, beside })
}

fn cannot_be_written(to: &Path) -> Failure {
    Failure::new(format!("`{}` cannot be written", to.display()))
}

/// What is not clean is not converted: whoever made it may have made its table too.
fn check_clean(
    scanner: &Scanner,
    from: &Path,
    file: &File,
    size_bytes: u64,
) -> Result<(), Failure> {
    let refused = || Failure::new(format!("`{}` cannot be converted", from.display()));
    let input = input(from, file, size_bytes).map_err(|error| refused().because(error))?;
    let answer = scanner
        .scan(ScanJob { inputs: vec![input], repository: None })
        .map_err(|error| Failure::new("the scan worker cannot be started").because(error))?;
    let Some(ScanOutcome::Report(report)) = answer.outcomes.into_iter().next() else {
        return Err(refused().because("the scanner gave no answer"));
    };
    let verdict = report.verdict();
    if verdict == Verdict::Clean {
        return Ok(());
    }
    let finding = report.findings.iter().max_by_key(|finding| finding.severity);
    let place = |member: &str, offset: Option<u64>| {
        let at = offset.map_or_else(String::new, |offset| format!(", byte {offset}"));
        if member.is_empty() { at } else { format!(", {member}{at}") }
    };
    let why = match (finding, report.unexamined.first()) {
        (Some(found), _) if verdict != Verdict::Unknown => format!(
            "it is {verdict}: {} ({}{}): {}",
            found.message,
            found.rule,
            place(&found.place.member, found.place.offset),
            found.evidence
        ),
        (_, Some(gap)) => {
            format!("it is {verdict}: {}{}", gap.why, place(&gap.place.member, gap.place.offset))
        }
        _ => format!("it is {verdict}"),
    };
    Err(refused().because(why).hint("`weighbridge scan` says more"))
}

fn input(from: &Path, file: &File, size_bytes: u64) -> std::io::Result<ScanInput> {
    let name = from.file_name().unwrap_or_default().to_string_lossy();
    let plain = "checkpoint".to_owned();
    let path: RepoPath = name.parse().or_else(|_| plain.parse()).map_err(std::io::Error::other)?;
    Ok(ScanInput { path, file: file.try_clone()?, size_bytes, available_bytes: size_bytes })
}
