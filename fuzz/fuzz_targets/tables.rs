//! Parquet and Arrow, after their magic: the first byte picks the name.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{files, path, scan};

static PATHS: LazyLock<Vec<RepoPath>> = LazyLock::new(|| {
    let names = ["a.parquet", "a.arrow"];
    names.map(path).to_vec()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((name, bytes)) = bytes.split_first() else { return };
    scan(
        &PATHS[usize::from(*name) % PATHS.len()],
        &files::starting_with(
            if name % 2 == 0 { b"PAR1".as_slice() } else { b"ARROW1".as_slice() },
            bytes,
        ),
    );
});
