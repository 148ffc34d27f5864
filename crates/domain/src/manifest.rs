//! The identity of a revision.

use crate::{Digest, Hasher, RepoPath};

/// One file of a revision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManifestEntry {
    /// Where it lies in the repository.
    pub path: RepoPath,
    /// Its size.
    pub size_bytes: u64,
    /// Its SHA-256.
    pub digest: Digest,
}

/// The canonical list of a revision's files. Approvals and decisions bind to its digest: a renamed
/// file is another revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest(Vec<ManifestEntry>);

impl Manifest {
    /// Sorts the files by path, in byte order.
    pub fn new(mut entries: Vec<ManifestEntry>) -> Manifest {
        entries.sort();
        entries.dedup();
        Manifest(entries)
    }

    /// The files, in canonical order.
    pub fn entries(&self) -> &[ManifestEntry] {
        &self.0
    }

    /// SHA-256 over one line a file: `<sha256> <size> <path>\n`, after the line `weighbridge-manifest-v1`.
    ///
    /// A path cannot contain a line break ([`RepoPath`] forbids control characters), so the text is
    /// unambiguous.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::default();
        hasher.update(b"weighbridge-manifest-v1\n");
        for entry in &self.0 {
            let line = format!("{} {} {}\n", entry.digest, entry.size_bytes, entry.path);
            hasher.update(line.as_bytes());
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, content: &[u8]) -> ManifestEntry {
        ManifestEntry {
            path: path.parse().unwrap(),
            size_bytes: content.len() as u64,
            digest: Digest::of(content),
        }
    }

    #[test]
    fn a_rename_changes_the_identity_and_order_does_not() {
        let one = Manifest::new(vec![entry("a.txt", b"1"), entry("b.txt", b"2")]);
        let same = Manifest::new(vec![entry("b.txt", b"2"), entry("a.txt", b"1")]);
        let renamed = Manifest::new(vec![entry("a.py", b"1"), entry("b.txt", b"2")]);
        assert_eq!(one.digest(), same.digest());
        assert_ne!(one.digest(), renamed.digest());
    }
}
