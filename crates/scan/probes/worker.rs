//! A small program for tests: the scan worker, workers that misbehave, and scans of many streams.

use std::io::Write as _;
use std::process::ExitCode;

use weighbridge_scan::samples::held;

mod streams;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None | Some("scan-worker") => weighbridge_scan::worker_main(),
        Some("crash-on") => held::worker_that_dies_at(&std::env::args().nth(2).unwrap_or_default()),
        Some("hang-on") => held::worker_that_hangs_at(&std::env::args().nth(2).unwrap_or_default()),
        Some("not-a-worker") => {
            let _ = std::io::stdout().write_all(b"usage: something else entirely\n");
            ExitCode::SUCCESS
        }
        Some("escape") => {
            let report = held::attempts_to_escape();
            let _ = std::io::stdout().write_all(report.as_bytes());
            ExitCode::SUCCESS
        }
        Some("streams") => ended(&streams::scan()),
        Some(_) => ExitCode::FAILURE,
    }
}

fn ended(done: &std::io::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
