//! `MessagePack`, UBJSON, and the schema of skops.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{files, path, scan};
use weighbridge_scan::samples::zip;

static PATHS: LazyLock<Vec<RepoPath>> =
    LazyLock::new(|| ["a.msgpack", "a.ubj", "a.skops", "a.mar"].map(path).to_vec());

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let kind = usize::from(*kind) % PATHS.len();
    let file = match kind {
        0 | 1 => rest.to_vec(),
        2 => zip::of(&[("schema.json", &files::text(rest))]),
        _ => zip::of(&[("MAR-INF/MANIFEST.json", &files::text(rest)), ("h.py", b"")]),
    };
    scan(&PATHS[kind], &file);
});
