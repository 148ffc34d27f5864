//! What every fuzz target does: scan bytes under small limits and hold the scanner to its promises.

use weighbridge_scan::{Limits, ReadAt, ScanOutcome, scan_bytes, scan_reader};

/// Limits that keep one execution short.
pub fn limits() -> Limits {
    Limits {
        member_bytes: 1 << 20,
        expanded_bytes: 4 << 20,
        members: 200,
        pickle_steps: 200_000,
        wall_seconds: 5,
        ..Limits::default()
    }
}

/// Scans a file as a whole, and as one that is still arriving.
pub fn scan(name: &str, bytes: &[u8]) {
    let Ok(path) = name.parse() else { return };
    let report = scan_bytes(&path, bytes, &limits());
    assert!(report.findings.len() <= limits().findings, "more findings than the limit");
    let part = &bytes[..bytes.len() / 2];
    let outcome = scan_reader(&path, &part, bytes.len() as u64, &limits());
    if let ScanOutcome::NeedsMore { available_bytes } = outcome {
        assert!(available_bytes > part.size(), "asks for what is there already");
        assert!(available_bytes <= bytes.len() as u64, "asks for more than there will be");
    }
}
