//! Names of revisions: what people ask for, and what it resolves to.

use std::fmt;
use std::str::FromStr;

/// A commit id of an upstream repository: 40 lower-case hexadecimal characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitId(String);

/// A branch, tag, `refs/…` name, or commit, as the caller wrote it.
///
/// `refs/heads/main` is the same as `main`: the prefix is dropped, so no spelling goes round policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RevisionSpec(String);

/// A text that cannot name a revision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a revision")]
pub struct BadRevision(String);

impl CommitId {
    /// The 40 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CommitId {
    type Err = BadRevision;
    fn from_str(text: &str) -> Result<CommitId, BadRevision> {
        let fits = text.len() == 40
            && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if fits { Ok(CommitId(text.to_owned())) } else { Err(bad(text)) }
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RevisionSpec {
    /// The default branch.
    pub fn main() -> RevisionSpec {
        RevisionSpec("main".to_owned())
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The commit, when the whole id was given.
    pub fn as_commit(&self) -> Option<CommitId> {
        self.0.parse().ok()
    }
}

impl FromStr for RevisionSpec {
    type Err = BadRevision;

    /// Accepts git's own rule for names, in short: 1 to 250 bytes, no `..`, no control characters,
    /// none of ` ~^:?*[\`, no empty segment.
    fn from_str(text: &str) -> Result<RevisionSpec, BadRevision> {
        let text = text.strip_prefix("refs/heads/").unwrap_or(text);
        let fits = (1..=250).contains(&text.len())
            && !text.contains("..")
            && !text.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c))
            && !text.split('/').any(str::is_empty)
            && !text.starts_with('-');
        if !fits {
            return Err(bad(text));
        }
        let is_hex = text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        Ok(RevisionSpec(if is_hex { text.to_ascii_lowercase() } else { text.to_owned() }))
    }
}

impl fmt::Display for RevisionSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn bad(text: &str) -> BadRevision {
    BadRevision(text.chars().take(100).flat_map(char::escape_default).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_revision_are_one_revision() {
        let spec = |text: &str| text.parse::<RevisionSpec>().unwrap();
        assert_eq!(spec("refs/heads/main"), RevisionSpec::main());
        assert_eq!(spec(&"AB".repeat(20)), spec(&"ab".repeat(20)));
        assert!(spec(&"AB".repeat(20)).as_commit().is_some());
        assert!("a..b".parse::<RevisionSpec>().is_err());
        assert!("refs/pr/1".parse::<RevisionSpec>().is_ok());
    }
}
