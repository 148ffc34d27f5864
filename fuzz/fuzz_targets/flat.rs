//! TensorFlow Lite's models and ExecuTorch's programs.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{files, path, scan};

static PATH: LazyLock<RepoPath> = LazyLock::new(|| path("model.tflite"));

fuzz_target!(|bytes: &[u8]| scan(&PATH, &files::flat(bytes)));
