//! A policy on disk: a folder with `policy.toml` and `*.rego`, or one such file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use weighbridge_domain::Environment;
use weighbridge_engine::{Bundle, Complaint, MAX_FILE_BYTES, MAX_FILES, Place, SWITCHES};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Lines, Said, bold, column, cyan, printable, red, yellow};

/// How deep folders are looked into.
const MAX_DEPTH: usize = 8;

/// Reads the files of a policy; others in the folder are no part of it.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut files = BTreeMap::new();
    let kind = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if kind.is_dir() {
        collect(path, "", 0, &mut files)?;
    } else {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        // A file of switches may have any name; the policy knows it by its own.
        let is_toml = path.extension().is_some_and(|suffix| suffix == "toml");
        let name = if is_toml { SWITCHES.to_owned() } else { name };
        files.insert(name, text(path)?);
    }
    Ok(files)
}

fn collect(
    folder: &Path,
    below: &str,
    depth: usize,
    files: &mut BTreeMap<String, String>,
) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let inside = format!("{below}{name}");
        let path = entry.path();
        let kind = fs::metadata(&path).map_err(|error| unreadable(&path, &error))?;
        let has_suffix = path.extension().is_some_and(|suffix| suffix == "rego");
        if kind.is_dir() {
            if depth < MAX_DEPTH {
                collect(&path, &format!("{inside}/"), depth + 1, files)?;
            }
        } else if has_suffix || inside == SWITCHES {
            if files.len() > MAX_FILES {
                return Err(Failure::new(format!("a policy has at most {MAX_FILES} files")));
            }
            files.insert(inside, text(&path)?);
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<String, Failure> {
    let size = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if size > MAX_FILE_BYTES as u64 {
        let what = format!("`{}` has {size} bytes, more than {MAX_FILE_BYTES}", path.display());
        return Err(Failure::new(what).hint("split it: a rule is a file of its own"));
    }
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("`{}` cannot be read", path.display())).because(error)
}

/// What became of the files.
pub(super) enum Checked {
    /// A policy, and what is odd about it.
    Fine(Box<Bundle>, Vec<Complaint>),
    /// None; the reasons were told.
    Told(Exit),
}

/// Reads the policy at `path` for the environments of the configuration; tells what is wrong with it.
pub(super) fn checked(context: &Context, path: &Path) -> Result<Checked, Failure> {
    let files = read(path)?;
    if files.is_empty() {
        let said = Said {
            human: format!("there is no `policy.toml` and no `*.rego` in `{}`", path.display()),
            quiet: String::new(),
        };
        let json = serde_json::json!({"outcome": "nothing-evaluated", "complaints": []});
        context.output.data(&json, said)?;
        return Ok(Checked::Told(Exit::NothingEvaluated));
    }
    match Bundle::read(files, &environments(context)?, &Place::Here) {
        Ok((bundle, odd)) => Ok(Checked::Fine(Box::new(bundle), odd)),
        Err(complaints) => {
            tell(context, &complaints, "")?;
            Ok(Checked::Told(Exit::No))
        }
    }
}

/// The environments of the configuration.
pub(super) fn environments(context: &Context) -> Result<Vec<Environment>, Failure> {
    let names = context.loaded.config.environments.iter();
    names
        .map(|name| {
            name.parse()
                .map_err(|error| Failure::new(format!("`{name}` is no environment")).because(error))
        })
        .collect()
}

/// Tells complaints, and a last line.
pub(super) fn tell(context: &Context, complaints: &[Complaint], end: &str) -> Result<(), Failure> {
    let mut human = Lines::default();
    for complaint in complaints {
        let severity = if complaint.is_error { red("error") } else { yellow("warning") };
        let place = printable(&complaint.place());
        human.add(format_args!("{}: {severity}: {}", bold(&place), printable(&complaint.what)));
        human.add(format_args!("  {}: {}", cyan("hint"), printable(&complaint.remedy)));
    }
    let errors = complaints.iter().filter(|complaint| complaint.is_error).count();
    if errors > 0 {
        let count = crate::output::counted(u64::try_from(errors).unwrap_or(u64::MAX), "error");
        human.add(format_args!("\nthe policy cannot be used: {count}"));
    } else {
        human.add(end);
    }
    let json = serde_json::json!({
        "outcome": if errors > 0 { "no" } else { "yes" },
        "complaints": complaints.iter().map(|complaint| serde_json::json!({
            "severity": if complaint.is_error { "error" } else { "warning" },
            "file": complaint.file,
            "line": complaint.line,
            "what": complaint.what,
            "remedy": complaint.remedy,
        })).collect::<Vec<_>>(),
    });
    let quiet = column(complaints.iter().map(|complaint| printable(&complaint.place())));
    context.output.data(&json, Said { human: human.text(), quiet })
}
