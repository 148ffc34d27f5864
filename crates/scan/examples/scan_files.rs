//! Scans files in this process and prints what it found: for looking at one file by hand.
#![allow(clippy::print_stdout, clippy::allow_attributes, reason = "it prints for a person")]

use std::fs::File;

use weighbridge_scan::{FileSource, Limits, ScanOutcome, scan_reader};

fn main() {
    for name in std::env::args().skip(1) {
        let (Ok(file), Ok(path)) = (File::open(&name), name.trim_start_matches('/').parse()) else {
            println!("{name}: cannot be opened");
            continue;
        };
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        let start = std::time::Instant::now();
        let outcome = scan_reader(&path, &FileSource::new(&file, size), size, &Limits::default());
        let ScanOutcome::Report(report) = outcome else { continue };
        println!("{name}: {} ({}) in {:?}", report.verdict(), report.format, start.elapsed());
        for finding in &report.findings {
            println!(
                "  {} {} at {}{:?}: {} [{}]",
                finding.severity,
                finding.rule,
                finding.place.member,
                finding.place.offset,
                finding.message,
                finding.evidence
            );
        }
        for gap in &report.unexamined {
            println!("  not examined {}{:?}: {}", gap.place.member, gap.place.offset, gap.why);
        }
    }
}
