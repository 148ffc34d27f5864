//! Files and folders as the Hub lists them. Nothing of Xet is in it, whatever upstream had.

use serde_json::{Value, json};
use weighbridge_domain::Digest;
use weighbridge_engine::FileView;

/// The size git-lfs pointers have for files of usual sizes; clients only show it.
pub(super) const POINTER_BYTES: u64 = 134;

/// One file.
pub(super) fn file(file: &FileView) -> Value {
    let mut entry = json!({
        "type": "file",
        "oid": file.git_oid.to_string(),
        "size": file.size_bytes,
        "path": file.path.as_str(),
    });
    if let (Some(digest), Some(entry)) = (file.lfs, entry.as_object_mut()) {
        let lfs = json!({ "oid": digest.to_string(), "size": file.size_bytes, "pointerSize": POINTER_BYTES });
        entry.insert("lfs".to_owned(), lfs);
    }
    entry
}

/// One folder. Its id is ours: the first 40 digits of the SHA-256 of its path, since upstream's tree
/// ids are not kept and clients use them only to tell folders apart.
pub(super) fn folder(path: &str) -> Value {
    let oid: String = Digest::of(path.as_bytes()).to_string().chars().take(40).collect();
    json!({ "type": "directory", "oid": oid, "size": 0, "path": path })
}

/// The folders above `path`, outermost first, that lie below `root`.
pub(super) fn folders_of<'a>(path: &'a str, root: &'a str) -> impl Iterator<Item = &'a str> {
    let below = if root.is_empty() { 0 } else { root.len() + 1 };
    path.char_indices()
        .filter(move |(at, letter)| *letter == '/' && *at >= below)
        .filter_map(|(at, _)| path.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_from_the_outside_in() {
        assert_eq!(folders_of("a/b/c.txt", "").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(folders_of("a/b/c.txt", "a").collect::<Vec<_>>(), ["a/b"]);
        assert_eq!(folders_of("c.txt", "").count(), 0);
    }
}
