//! Graphs in the text format of Protocol Buffers, by the first byte: whole ones, or what is in a node.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{files, path, scan};

static PATH: LazyLock<RepoPath> = LazyLock::new(|| path("saved_model.pbtxt"));

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let rest = files::text(rest);
    match kind % 4 {
        0 => scan(&PATH, &rest),
        1 => scan(&PATH, &[b"node { name: 'a' ", rest.as_ref()].concat()),
        2 => scan(&PATH, &[b"meta_graphs { graph_def { ", rest.as_ref()].concat()),
        _ => scan(&PATH, &[b"ir_version: 8 graph { name: 'g' ", rest.as_ref()].concat()),
    }
});
