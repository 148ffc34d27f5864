//! The process that runs rules of the house's own: policy's worker in the scanner's sandbox.

use std::process::ExitCode;

use weighbridge_scan::{Needs, close_in};

/// Runs the worker until standard input ends. `weighbridge policy-worker` is nothing but this.
pub fn policy_worker_main() -> ExitCode {
    // The server looks at the clock: a worker may live for long.
    weighbridge_policy::worker_main(|memory_bytes| {
        close_in(Needs { memory_bytes, cpu_seconds: None }).resource_limits
    })
}
