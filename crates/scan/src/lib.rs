//! The only crate that parses untrusted model bytes: readers, rules, limits and the sandboxed worker.
//!
//! [`Scanner`] starts a worker process per job and never reads a file itself; [`worker_main`] is what
//! that process runs. [`scan_bytes`] and [`scan_reader`] are the analysis alone, without a process.

mod analyse;
mod formats;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod job;
mod json;
mod limits;
mod names;
mod repository;
mod rules;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
mod sandbox;
mod scanner;
mod source;
mod tensors;
mod wire;
mod worker;

pub use analyse::{scan_bytes, scan_reader};
pub use formats::header_formats;
pub use job::{
    RepositoryFile, RepositoryFinding, SandboxSupport, ScanAnswer, ScanInput, ScanJob, ScanOutcome,
};
pub use limits::Limits;
pub use names::judge_name;
pub use repository::{Tree, is_config, judge as judge_repository};
pub use rules::{Rule, RulesetId, rules, ruleset};
pub use sandbox::{Needs, close_in, sandbox_support};
pub use scanner::{Scanner, ScannerError, SpareWorker};
pub use source::{FileSource, ReadAt};
pub use tensors::{Dtype, TensorPlace, tensor_table};
pub use worker::worker_main;
