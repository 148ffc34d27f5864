//! SentencePiece tokenizers.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_domain::RepoPath;
use weighbridge_fuzz::{files, path, scan};

static PATH: LazyLock<RepoPath> = LazyLock::new(|| path("tokenizer.model"));

fuzz_target!(|bytes: &[u8]| scan(&PATH, &files::starting_with(b"\n", bytes)));
