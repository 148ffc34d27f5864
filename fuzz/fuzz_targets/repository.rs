//! The repository rules: files between zero bytes, each a path, a line's end and its content.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{LIMITS, check_text};
use weighbridge_scan::{RepositoryFile, RepositoryFinding, Tree, is_config, judge_repository};

/// Files of one tree.
const FILES: usize = 32;

fn judge(bytes: &[u8]) -> (Vec<RepositoryFinding>, Vec<String>) {
    let mut tree = Tree::default();
    for file in bytes.split(|byte| *byte == 0).take(FILES) {
        let end = file.iter().position(|byte| *byte == b'\n').unwrap_or(file.len());
        let (name, content) = file.split_at(end);
        let Ok(Ok(path)) = str::from_utf8(name).map(str::parse::<RepoPath>) else { continue };
        let content = content.get(1..).unwrap_or_default();
        tree.files.push(RepositoryFile { path: path.clone(), size_bytes: content.len() as u64 });
        if is_config(&path) {
            // A content that ends with a space is still arriving.
            tree.add_config(path, &content, !content.ends_with(b" "));
        }
    }
    judge_repository(&tree, &LIMITS)
}

fuzz_target!(|bytes: &[u8]| {
    let (findings, unexamined) = judge(bytes);
    for found in &findings {
        check_text(&found.finding.message);
        check_text(&found.finding.evidence);
    }
    for gap in &unexamined {
        check_text(gap);
    }
    if bytes.len().is_multiple_of(16) {
        assert_eq!((findings, unexamined), judge(bytes), "the same tree, other findings");
    }
});
