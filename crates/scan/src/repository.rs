//! Rules over a whole repository: what only shows when files are looked at together.

use weighbridge_domain::RepoPath;

use crate::job::{RepositoryFile, RepositoryFinding};
use crate::limits::Limits;
use crate::source::{ReadAt, read_some};

/// A repository as the rules see it.
#[derive(Debug, Default)]
pub struct Tree {
    /// Every file.
    pub files: Vec<RepositoryFile>,
    configs: Vec<(RepoPath, Result<Vec<u8>, String>)>,
}

/// The longest configuration file that is read.
const CONFIG_BYTES: u64 = 16 << 20;

impl Tree {
    /// Adds the content of a configuration file; `whole` says that all of it is there.
    pub fn add_config(&mut self, path: RepoPath, source: &dyn ReadAt, whole: bool) {
        let content = if !whole {
            Err("it has not arrived".to_owned())
        } else if source.size() > CONFIG_BYTES {
            Err(format!("it is longer than {CONFIG_BYTES} bytes"))
        } else {
            let size = usize::try_from(source.size()).unwrap_or(usize::MAX);
            read_some(source, 0, size).map_err(|error| format!("it cannot be read: {error}"))
        };
        self.configs.push((path, content));
    }
}

/// Whether the repository rules want to read this file.
pub fn is_config(path: &RepoPath) -> bool {
    path.extension() == "json"
}

/// Runs every repository rule. The second part names what they could not look at.
pub fn judge(tree: &Tree, _limits: &Limits) -> (Vec<RepositoryFinding>, Vec<String>) {
    let unread = tree
        .configs
        .iter()
        .map(|(path, _)| format!("{path}: no rule reads it yet"))
        .collect();
    (Vec::new(), unread)
}
