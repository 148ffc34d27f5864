//! What is told by its first bytes alone: native code, media, formats that stay closed.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{path, scan};

static PATHS: LazyLock<Vec<RepoPath>> = LazyLock::new(|| {
    let names = ["a.so", "a.png", "a.mp3", "a.h5", "a.onnx", "a.tflite", "model.safetensors", "a"];
    names.map(path).to_vec()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((name, bytes)) = bytes.split_first() else { return };
    scan(&PATHS[usize::from(*name) % PATHS.len()], bytes);
});
