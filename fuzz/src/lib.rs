//! What every fuzz target does: scan bytes under small limits and hold the scanner to its promises.
//!
//! No panic, no overflow and no memory out of proportion on any execution. On one in sixteen, chosen by
//! content, the file is scanned again, cut, and while it arrives: that doubles the work and finds
//! nothing that the next mutation of the same file would not.

mod allowance;
pub mod files;

use std::sync::LazyLock;

use weighbridge_domain::{RepoPath, ScanReport};
use weighbridge_scan::{Limits, ScanOutcome, scan_bytes, scan_reader};

/// The longest text of one part of a report.
const TEXT_BYTES: usize = 8 << 10;

/// Limits that keep one execution short.
pub static LIMITS: LazyLock<Limits> = LazyLock::new(|| Limits {
    member_bytes: 256 << 10,
    expanded_bytes: 1 << 20,
    members: 64,
    depth: 4,
    pickle_steps: 20_000,
    findings: 32,
    wall_seconds: 60,
    ..Limits::default()
});

/// A file's path.
///
/// # Panics
/// When it is no path.
pub fn path(path: &str) -> RepoPath {
    path.parse().expect("a path inside a repository")
}

/// Scans a file and asserts what holds for every file.
///
/// # Panics
/// When the scanner breaks a promise.
pub fn scan(path: &RepoPath, bytes: &[u8]) {
    let report = scan_bytes(path, bytes, &LIMITS);
    check(&report);
    let sum = crc32fast::hash(bytes) as usize;
    if !sum.is_multiple_of(16) {
        return;
    }
    assert_eq!(report, scan_bytes(path, bytes, &LIMITS), "the same bytes, another report");

    let part = &bytes[..sum / 16 % (bytes.len() + 1)];
    check(&scan_bytes(path, part, &LIMITS));
    let size = bytes.len() as u64;
    let mut available = part.len() as u64;
    loop {
        let part = &bytes[..usize::try_from(available).expect("it is in memory")];
        match scan_reader(path, &part, size, &LIMITS) {
            ScanOutcome::Report(report) => return check(&report),
            ScanOutcome::NeedsMore { available_bytes } => {
                assert!(available_bytes > available, "asks for what is there");
                assert!(available_bytes <= size, "asks for more than there will be");
                available = available_bytes;
            }
        }
    }
}

/// What holds for every report: it keeps to its limits, and nobody who reads it sees anything but text.
fn check(report: &ScanReport) {
    assert!(report.findings.len() <= LIMITS.findings, "more findings than allowed");
    assert!(report.unexamined.len() <= LIMITS.findings + 1, "more gaps than allowed");
    for finding in &report.findings {
        check_text(&finding.message);
        check_text(&finding.evidence);
        check_text(&finding.place.member);
    }
    for gap in &report.unexamined {
        check_text(&gap.why);
        check_text(&gap.place.member);
    }
}

/// Text is short, and carries nothing that a terminal would obey.
///
/// # Panics
/// When it is not so.
pub fn check_text(text: &str) {
    assert!(text.len() <= TEXT_BYTES, "{} bytes of text in a report", text.len());
    assert!(!text.chars().any(char::is_control), "a control character in a report: {text:?}");
}
