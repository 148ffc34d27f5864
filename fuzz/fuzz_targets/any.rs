//! Any bytes under any name: the first byte picks it, the content picks the reader.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{path, scan};

static PATHS: LazyLock<Vec<RepoPath>> = LazyLock::new(|| {
    let names = [
        "model.bin",
        "model.pkl",
        "model.safetensors",
        "model.gguf",
        "model.zip",
        "a.npy",
        "a.npz",
        "config.json",
        "a.yaml",
        "a.jinja",
        "a.md",
        "a.csv",
        "a.png",
        "a.py",
        "a.pth",
        "a.so",
        "a.parquet",
        "a.arrow",
        "a.onnx",
        "a.h5",
        "tokenizer.model",
        "LICENSE",
        ".gitattributes",
        "folder/unknown",
    ];
    names.map(path).to_vec()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((name, bytes)) = bytes.split_first() else { return };
    scan(&PATHS[usize::from(*name) % PATHS.len()], bytes);
});
