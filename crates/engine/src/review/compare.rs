//! Two revisions of one artifact, file by file: what was added, removed, changed and renamed.

use std::collections::{BTreeMap, HashMap};

use weighbridge_domain::{Digest, RepoPath};
use weighbridge_store::{FilePage, FileRow, Queries, StoreError};

/// Files read at once.
const READ: u32 = 5_000;
/// How many lines of a difference are shown, and how long texts may be to be compared.
const MAX_LINES: usize = 200;
const MAX_TEXT_BYTES: u64 = 64 * 1024;
const MAX_LINE: usize = 400;

/// What happened to one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum FileChangeKind {
    Added,
    Removed,
    Changed,
    Renamed,
}

impl FileChangeKind {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            FileChangeKind::Added => "added",
            FileChangeKind::Removed => "removed",
            FileChangeKind::Changed => "changed",
            FileChangeKind::Renamed => "renamed",
        }
    }
}

/// A file as one of the revisions has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSide {
    /// Where it lies.
    pub path: RepoPath,
    /// How large it is.
    pub size_bytes: u64,
    /// Its SHA-256, as far as it is known.
    pub digest: Option<Digest>,
}

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// What happened to it.
    pub kind: FileChangeKind,
    /// As it was.
    pub before: Option<FileSide>,
    /// As it is.
    pub after: Option<FileSide>,
}

impl FileChange {
    /// Every path that it concerns.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &RepoPath> {
        self.before.iter().chain(&self.after).map(|side| &side.path)
    }
}

/// What differs between two revisions, by path. Files are told apart by what upstream promised, which is
/// what they were verified against.
pub(crate) async fn compare_files(
    db: &mut Queries,
    before: &str,
    after: &str,
) -> Result<Vec<FileChange>, StoreError> {
    let (before, after) = (all_files(db, before).await?, all_files(db, after).await?);
    let mut gone: HashMap<String, Vec<&FileRow>> = HashMap::new();
    for (path, row) in &before {
        if !after.contains_key(path) {
            gone.entry(promise(row)).or_default().push(row);
        }
    }
    let mut changes = Vec::new();
    for (path, row) in &after {
        let was = before.get(path);
        if was.is_some_and(|was| promise(was) == promise(row)) {
            continue;
        }
        let moved =
            if was.is_none() { gone.get_mut(&promise(row)).and_then(Vec::pop) } else { None };
        let (kind, was) = match (was, moved) {
            (Some(was), _) => (FileChangeKind::Changed, Some(was)),
            (None, Some(was)) => (FileChangeKind::Renamed, Some(was)),
            (None, None) => (FileChangeKind::Added, None),
        };
        changes.push(FileChange { kind, before: was.map(side), after: Some(side(row)) });
    }
    for row in gone.into_values().flatten() {
        let before = Some(side(row));
        changes.push(FileChange { kind: FileChangeKind::Removed, before, after: None });
    }
    changes.sort_by(|one, other| one.paths().last().cmp(&other.paths().last()));
    Ok(changes)
}

async fn all_files(
    db: &mut Queries,
    revision_id: &str,
) -> Result<BTreeMap<RepoPath, FileRow>, StoreError> {
    let mut files = BTreeMap::new();
    let mut after: Option<RepoPath> = None;
    loop {
        let page = FilePage { folder: "", after: after.as_ref(), limit: READ };
        let rows = db.list_files(revision_id, &page).await?;
        let Some(last) = rows.last() else { return Ok(files) };
        after = Some(last.path.clone());
        files.extend(rows.into_iter().map(|row| (row.path.clone(), row)));
    }
}

/// What upstream promised of the bytes.
fn promise(row: &FileRow) -> String {
    match row.lfs {
        Some(digest) => digest.to_string(),
        None => row.git_oid.to_string(),
    }
}

fn side(row: &FileRow) -> FileSide {
    FileSide { path: row.path.clone(), size_bytes: row.size_bytes, digest: row.digest.or(row.lfs) }
}

/// The difference of two texts, as people read it; `None` when there is none, or one is too long.
pub(crate) fn compare_texts(before: &str, after: &str) -> Option<String> {
    let is_short = |text: &str| u64::try_from(text.len()).is_ok_and(|size| size <= MAX_TEXT_BYTES);
    if before == after || !is_short(before) || !is_short(after) {
        return None;
    }
    // Texts from outside can be made to take long to compare: then the difference is a coarse one.
    let mut differ = similar::TextDiff::configure();
    let diff = differ.timeout(std::time::Duration::from_millis(200)).diff_lines(before, after);
    let unified = diff.unified_diff().context_radius(2).to_string();
    let mut lines: Vec<String> =
        unified.lines().map(|line| line.chars().take(MAX_LINE).collect()).collect();
    if lines.len() > MAX_LINES {
        let more = lines.len() - MAX_LINES;
        lines.truncate(MAX_LINES);
        lines.push(format!("… and {more} more lines"));
    }
    Some(lines.join("\n"))
}

/// How many bytes of a text are worth reading to compare it.
pub(crate) fn is_comparable(size_bytes: u64) -> bool {
    size_bytes <= MAX_TEXT_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_texts_is_short() {
        assert_eq!(compare_texts("a\n", "a\n"), None);
        let told = compare_texts("one\ntwo\n", "one\nthree\n").unwrap();
        assert!(told.contains("-two") && told.contains("+three"), "{told}");
        let long = "x\n".repeat(2_000);
        let told = compare_texts("", &long).unwrap();
        assert_eq!(told.lines().count(), MAX_LINES + 1);
        assert!(told.ends_with("more lines"));
        assert_eq!(compare_texts("", &"x".repeat(65 * 1024)), None);
    }
}
