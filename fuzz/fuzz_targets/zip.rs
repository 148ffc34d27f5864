//! Zip archives, and several of them one behind the other.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{files, path, scan};

static PATHS: LazyLock<[RepoPath; 2]> = LazyLock::new(|| ["archive.zip", "__0_0.distcp"].map(path));

fuzz_target!(|bytes: &[u8]| {
    let is_chain = bytes.first().is_some_and(|first| *first >= 128);
    scan(&PATHS[usize::from(is_chain)], &files::zip(bytes));
});
