//! ONNX models: whole ones, and graphs inside of one.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{files, path, scan};

static PATH: LazyLock<RepoPath> = LazyLock::new(|| path("model.onnx"));

fuzz_target!(|bytes: &[u8]| scan(&PATH, &files::onnx(bytes)));
