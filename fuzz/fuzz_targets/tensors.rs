//! Checkpoints whose tensors are looked for: whatever is found lies inside the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weighbridge_scan::{Limits, tensor_table};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { pickle_steps: 1_000_000, ..Limits::default() };
    if let Ok(tensors) = tensor_table(&bytes, &limits, None) {
        assert!(tensors.iter().all(|tensor| tensor.fits(bytes.len() as u64)));
    }
});
