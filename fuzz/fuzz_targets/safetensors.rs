//! Any bytes as `model.safetensors`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weighbridge_fuzz::scan("model.safetensors", bytes));
