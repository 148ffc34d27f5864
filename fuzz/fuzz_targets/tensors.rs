//! Checkpoints whose tensors are looked for: whatever is found lies inside the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weighbridge_fuzz::files;
use weighbridge_scan::{Limits, tensor_table};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { pickle_steps: 1_000_000, ..Limits::default() };
    let file = files::torch(bytes);
    if let Ok(tensors) = tensor_table(&&*file, &limits, None) {
        assert!(tensors.iter().all(|tensor| tensor.fits(file.len() as u64)));
    }
});
