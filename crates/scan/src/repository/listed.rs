//! Rules that need nothing but the list of files.

use weighbridge_domain::RepoPath;

use super::{Sighting, Tree};

/// Suffixes of files that are loaded or started as code.
const EXECUTABLES: &[&str] = &[
    "so", "dll", "dylib", "exe", "pyd", "pyc", "pyo", "whl", "egg", "jar", "msi", "apk", "deb",
    "rpm", "appimage", "com", "scr", "node",
];

/// Suffixes of pickled weights.
const PICKLED: &[&str] = &["bin", "pt", "pth", "ckpt", "pkl", "pickle"];

pub(super) fn handlers(tree: &Tree) -> Vec<Sighting> {
    by_path(tree, "an inference server would run handler.py", |path| {
        path.file_name() == "handler.py"
    })
}

pub(super) fn python(tree: &Tree) -> Vec<Sighting> {
    by_path(tree, "the repository carries Python code", |path| path.extension() == "py")
}

pub(super) fn executables(tree: &Tree) -> Vec<Sighting> {
    by_path(tree, "the repository carries a program", |path| {
        EXECUTABLES.contains(&path.extension().as_str())
    })
}

pub(super) fn pickle_beside(tree: &Tree) -> Vec<Sighting> {
    let folder = |path: &RepoPath| {
        path.as_str().rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
    };
    let safe: std::collections::BTreeSet<String> = tree
        .files
        .iter()
        .filter(|file| file.path.extension() == "safetensors")
        .map(|file| folder(&file.path))
        .collect();
    by_path(tree, "pickled weights lie beside safetensors", |path| {
        let name = path.file_name();
        PICKLED.contains(&path.extension().as_str())
            && (name.starts_with("pytorch_model") || name.starts_with("model"))
            && safe.contains(&folder(path))
    })
}

fn by_path(tree: &Tree, message: &str, fits: impl Fn(&RepoPath) -> bool) -> Vec<Sighting> {
    tree.files
        .iter()
        .filter(|file| fits(&file.path))
        .map(|file| Sighting {
            path: file.path.clone(),
            message: message.to_owned(),
            evidence: file.path.to_string(),
        })
        .collect()
}
