//! Keras configurations: in JSON files, and in attributes of HDF5 files.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{path, scan};
use weighbridge_scan::samples::hdf5;

static JSON: LazyLock<RepoPath> = LazyLock::new(|| path("model.json"));
static HDF5: LazyLock<RepoPath> = LazyLock::new(|| path("model.h5"));

fuzz_target!(|bytes: &[u8]| {
    match bytes.split_first() {
        Some((0x80.., rest)) => {
            scan(&HDF5, &hdf5::model(&String::from_utf8_lossy(rest)));
        }
        _ => scan(&JSON, bytes),
    }
});
