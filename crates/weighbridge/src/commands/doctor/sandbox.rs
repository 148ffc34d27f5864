//! Whether the scan worker starts, and what holds it while it looks at hostile bytes.

use std::ffi::OsString;

use weighbridge_scan::{Limits, SandboxSupport, ScanJob, Scanner, sandbox_support};

use super::Check;
use crate::instance::own_program;

/// Starts a worker with nothing to do and asks what holds it.
pub(super) fn check() -> Check {
    match in_force() {
        Ok(held) if held.is_complete() => Check::well("scan worker", held.to_string()),
        Ok(held) => Check::warning(
            "scan worker",
            format!("it starts, and not everything holds it: {held}"),
            missing(held),
        ),
        Err(why) => Check::bad(
            "scan worker",
            format!("it does not start: {why}"),
            "nothing can be scanned, so nothing new is served; may this user start processes?",
        ),
    }
}

fn in_force() -> Result<SandboxSupport, String> {
    let program = own_program().map_err(|error| error.to_string())?;
    let arguments = vec![OsString::from("scan-worker")];
    let scanner = Scanner::new(program, arguments, Limits::default());
    let job = ScanJob { inputs: Vec::new(), repository: Some(Vec::new()) };
    scanner.scan(job).map(|answer| answer.sandbox).map_err(|error| error.to_string())
}

fn missing(held: SandboxSupport) -> String {
    let offered = sandbox_support();
    if offered.landlock_abi.is_none() {
        return "the kernel offers no Landlock: use Linux 5.13 or later and boot with `landlock` in `lsm=`; \
                in a container, its seccomp profile has to allow the landlock system calls"
            .to_owned();
    }
    if !offered.seccomp {
        return "the kernel offers no seccomp filters: they need CONFIG_SECCOMP_FILTER".to_owned();
    }
    format!(
        "the kernel offers more ({offered}) than came into force ({held}): see the server's log"
    )
}
