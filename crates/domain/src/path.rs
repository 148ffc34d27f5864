//! Paths inside a repository.

use std::fmt;
use std::str::FromStr;

/// A relative path of a file in a repository: `/` between segments, no `.` or `..`, no control
/// characters, no backslash, at most 1,024 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepoPath(String);

/// A text that cannot be a path in a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a path in a repository: {why}")]
pub struct BadPath {
    given: String,
    why: &'static str,
}

impl RepoPath {
    /// The whole path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What follows the last `.` of the file name, in lower case; empty when there is none.
    pub fn extension(&self) -> String {
        match self.file_name().rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
            _ => String::new(),
        }
    }

    /// Whether the file lies in `folder` or below; the empty folder is the whole repository.
    pub fn is_below(&self, folder: &str) -> bool {
        folder.is_empty() || self.0.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl FromStr for RepoPath {
    type Err = BadPath;
    fn from_str(text: &str) -> Result<RepoPath, BadPath> {
        let bad = |why| BadPath {
            given: text.chars().take(200).flat_map(char::escape_default).collect(),
            why,
        };
        if text.is_empty() || text.len() > 1024 {
            return Err(bad("it has to have 1 to 1,024 bytes"));
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return Err(bad("control characters and `\\` are not allowed"));
        }
        if text.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(bad("empty segments, `.` and `..` are not allowed"));
        }
        Ok(RepoPath(text.to_owned()))
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_never_leave_the_repository() {
        for bad in ["", "/etc/passwd", "a//b", "../x", "a/./b", "a\\b", "a\nb", "x/.."] {
            assert!(bad.parse::<RepoPath>().is_err(), "{bad:?}");
        }
        let path: RepoPath = "dir with space/Model.SafeTensors".parse().unwrap();
        assert_eq!(path.extension(), "safetensors");
        assert!(path.is_below("dir with space") && !path.is_below("dir"));
    }
}
