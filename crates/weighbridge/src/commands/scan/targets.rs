//! What was named: files, directories, a Hugging Face cache, standard input.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use weighbridge_domain::Artifact;

use super::tree;
use crate::failure::Failure;

/// Files that belong together, or one that stands alone.
#[derive(Debug, Default)]
pub(super) struct Target {
    pub(super) files: Vec<TargetFile>,
    /// Whether the rules over repositories apply.
    pub(super) is_repository: bool,
    /// What a Hub calls it.
    pub(super) called: Option<Artifact>,
    /// What could not be looked at.
    pub(super) unexamined: Vec<String>,
}

/// One file to scan.
#[derive(Debug)]
pub(super) struct TargetFile {
    /// Its path as a person named it.
    pub(super) shown: String,
    /// Its path in its repository.
    pub(super) inside: String,
    pub(super) from: Origin,
    pub(super) size_bytes: u64,
}

/// Where the bytes are.
#[derive(Debug)]
pub(super) enum Origin {
    Path(PathBuf),
    Open(File),
}

/// Finds everything to scan under one name.
pub(super) fn find(path: &Path, stdin_name: &str) -> Result<Vec<Target>, Failure> {
    if path.as_os_str() == "-" {
        return Ok(vec![standard_input(stdin_name)?]);
    }
    let cannot = |error: io::Error| {
        Failure::new(format!("`{}` cannot be scanned", path.display())).because(error)
    };
    let about = fs::metadata(path).map_err(cannot)?;
    if !about.is_dir() {
        return Ok(vec![alone(path, about.len(), about.is_file())?]);
    }
    let snapshots = cached_snapshots(path).map_err(cannot)?;
    if snapshots.is_empty() {
        return Ok(vec![tree::walk(path).map_err(cannot)?]);
    }
    snapshots.iter().map(|snapshot| tree::walk(snapshot).map_err(cannot)).collect()
}

fn alone(path: &Path, size_bytes: u64, is_file: bool) -> Result<Target, Failure> {
    if !is_file {
        let what = format!("`{}` is neither a file nor a directory", path.display());
        return Err(Failure::new(what).hint("`weighbridge scan -` reads standard input"));
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let file = TargetFile {
        shown: path.to_string_lossy().into_owned(),
        inside: name,
        from: Origin::Path(path.to_owned()),
        size_bytes,
    };
    Ok(Target { files: vec![file], ..Target::default() })
}

/// Keeps standard input in a file without a name: readers look here and there.
fn standard_input(name: &str) -> Result<Target, Failure> {
    let cannot = |error: io::Error| Failure::new("standard input cannot be kept").because(error);
    let mut file = tempfile::tempfile().map_err(cannot)?;
    let size_bytes = io::copy(&mut io::stdin().lock(), &mut file).map_err(cannot)?;
    let file = TargetFile {
        shown: name.to_owned(),
        inside: name.to_owned(),
        from: Origin::Open(file),
        size_bytes,
    };
    Ok(Target { files: vec![file], ..Target::default() })
}

/// The snapshots of a Hugging Face cache, or of one repository in it; empty for any other directory.
fn cached_snapshots(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut snapshots = Vec::new();
    if is_cached_repository(path) {
        snapshots.extend(folders(&path.join("snapshots"))?);
        return Ok(snapshots);
    }
    for inside in [path.to_owned(), path.join("hub")] {
        if !inside.is_dir() {
            continue;
        }
        for repository in folders(&inside)? {
            if is_cached_repository(&repository) {
                snapshots.extend(folders(&repository.join("snapshots"))?);
            }
        }
    }
    Ok(snapshots)
}

fn is_cached_repository(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_named = ["models--", "datasets--", "spaces--"].iter().any(|kind| name.starts_with(kind));
    is_named && path.join("blobs").is_dir() && path.join("snapshots").is_dir()
}

/// The folders in a folder, by name.
fn folders(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
