//! R data, Torch7, `CatBoost`, engines, word vectors and indices, records of `TensorFlow`.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{files, path, scan};

static PATHS: LazyLock<Vec<RepoPath>> = LazyLock::new(|| {
    ["a.rds", "a.t7", "a.cbm", "a.engine", "a.vec", "a.tfrecord"].map(path).to_vec()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let kind = usize::from(*kind) % PATHS.len();
    let head: &[u8] = match kind {
        0 => b"X\n\0\0\0\x02\0\x04\x03\0\0\x02\x03\0",
        1 => b"\x03\0\0\0\x01\0\0\0",
        2 => b"CBM1",
        _ => b"",
    };
    if kind == 5 {
        return scan(&PATHS[kind], &files::tfrecord(rest));
    }
    scan(&PATHS[kind], &files::starting_with(head, rest));
});
