//! Text of every kind but JSON and templates: the first byte picks it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{path, scan};

static PATHS: LazyLock<Vec<RepoPath>> = LazyLock::new(|| {
    let names = ["a.yaml", "a.pth", "a.sh", "a.csv", "a.md", "a.txt", "a.svg", "a", "a.html"];
    names.map(path).to_vec()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((name, bytes)) = bytes.split_first() else { return };
    scan(&PATHS[usize::from(*name) % PATHS.len()], bytes);
});
