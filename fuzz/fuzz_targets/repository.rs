//! Any text as the configuration of a repository: pieces between zero bytes are the files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weighbridge_scan::{RepositoryFile, Tree, judge_repository};

const NAMES: [&str; 8] = [
    "config.json",
    "modules.json",
    "model_index.json",
    "model.safetensors.index.json",
    "adapter_config.json",
    "sub/config.json",
    "tokenizer_config.json",
    "data.py",
];

fuzz_target!(|bytes: &[u8]| {
    let mut tree = Tree::default();
    for (name, content) in NAMES.iter().zip(bytes.split(|byte| *byte == 0)) {
        let Ok(path) = name.parse::<weighbridge_domain::RepoPath>() else { continue };
        tree.files.push(RepositoryFile { path: path.clone(), size_bytes: content.len() as u64 });
        tree.add_config(path, &content, true);
    }
    judge_repository(&tree, &weighbridge_fuzz::limits());
});
