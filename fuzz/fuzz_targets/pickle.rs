//! Any bytes as `model.pkl`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weighbridge_fuzz::scan("model.pkl", bytes));
