//! Every file below a directory, in the order of their names.

use std::fs;
use std::io;
use std::path::Path;

use super::targets::{Origin, Target, TargetFile};

/// Directories inside each other.
const MAX_DEPTH: usize = 64;
/// Files of one tree.
const MAX_FILES: usize = 1_000_000;

/// Where git keeps what it knows, and what it runs when a tree is checked out or committed.
const GIT: &str = ".git";
const HOOKS: &str = ".git/hooks";

/// Finds the files below a directory. A link to a file is followed, as loaders follow it; one to a directory
/// is not, because it may lead anywhere.
pub(super) fn walk(root: &Path) -> io::Result<Target> {
    let mut target = Target { is_repository: true, ..Target::default() };
    let mut open = vec![(root.to_owned(), String::new(), 0)];
    while let Some((folder, inside, depth)) = open.pop() {
        let shown = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let mut entries = match fs::read_dir(&folder) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>()?,
            Err(error) if depth == 0 => return Err(error),
            Err(error) => {
                target.unexamined.push(format!("{}: {error}", folder.display()));
                continue;
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut below = Vec::new();
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let inside = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
            let kind = entry.file_type()?;
            // What version control keeps about itself is no part of what is loaded; its hooks run.
            if depth == 0 && name == GIT && kind.is_dir() {
                let hooks = entry.path().join("hooks");
                if hooks.is_dir() {
                    below.push((hooks, HOOKS.to_owned(), depth + 2));
                }
                continue;
            }
            if inside.strip_prefix(HOOKS).is_some_and(|hook| hook.ends_with(".sample")) {
                continue;
            }
            if kind.is_dir() {
                if depth + 1 > MAX_DEPTH {
                    let what = format!("{}: more than {MAX_DEPTH} directories deep", shown(&name));
                    target.unexamined.push(what);
                } else {
                    below.push((entry.path(), inside, depth + 1));
                }
                continue;
            }
            let about = if kind.is_file() { entry.metadata() } else { fs::metadata(entry.path()) };
            let problem = match about {
                Ok(about) if about.is_file() => {
                    target.files.push(TargetFile {
                        shown: shown(&name),
                        inside,
                        from: Origin::Path(entry.path()),
                        size_bytes: about.len(),
                    });
                    if target.files.len() > MAX_FILES {
                        let what = format!("it has more than {MAX_FILES} files");
                        return Err(io::Error::other(what));
                    }
                    continue;
                }
                Ok(about) if about.is_dir() => {
                    "a link to a directory, which is not followed".to_owned()
                }
                Ok(_) => "neither a file nor a directory".to_owned(),
                Err(error) => error.to_string(),
            };
            target.unexamined.push(format!("{}: {problem}", shown(&name)));
        }
        // The last is taken first.
        open.extend(below.into_iter().rev());
    }
    target.files.sort_by(|one, other| one.inside.cmp(&other.inside));
    Ok(target)
}
