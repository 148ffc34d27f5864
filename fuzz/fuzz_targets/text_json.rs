//! Any bytes as text of every kind, as an array, a table and a tokenizer.
#![no_main]

use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 12] = [
    "tokenizer_config.json",
    "config.json",
    "a.yaml",
    "a.jinja",
    "a.md",
    "a.csv",
    "a.py",
    "a.pth",
    "a.npy",
    "a.parquet",
    "tokenizer.model",
    "a",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    weighbridge_fuzz::scan(NAMES[usize::from(*first) % NAMES.len()], rest);
});
