//! Repositories from a directory: `models/org/name/…` and `datasets/org/name/…`.

use std::fs;
use std::io;
use std::path::Path;

use weighbridge_domain::Artifact;

use super::FakeHub;

/// Publishes every repository below `directory`, one commit each; answers their names.
pub fn from_directory(hub: &FakeHub, directory: &Path) -> io::Result<Vec<String>> {
    let mut seeded = Vec::new();
    for (folder, prefix) in [("models", ""), ("datasets", "datasets/")] {
        let folder = directory.join(folder);
        if !folder.is_dir() {
            continue;
        }
        for publisher in names_in(&folder)? {
            let publisher_folder = folder.join(&publisher);
            for name in names_in(&publisher_folder)? {
                let repo = format!("{prefix}{publisher}/{name}");
                if let Err(error) = repo.parse::<Artifact>() {
                    return Err(io::Error::other(error));
                }
                let mut files = Vec::new();
                collect(&publisher_folder.join(&name), "", &mut files)?;
                hub.publish_many(&repo, files);
                seeded.push(repo);
            }
        }
    }
    Ok(seeded)
}

fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for name in names_in(folder)? {
        let (inner, path) = (folder.join(&name), format!("{prefix}{name}"));
        if inner.is_dir() {
            collect(&inner, &format!("{path}/"), files)?;
        } else {
            files.push((path, fs::read(&inner)?));
        }
    }
    Ok(())
}
