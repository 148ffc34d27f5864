//! What the corpus taught: helpers that only name something, storages from elsewhere, comments that act.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::pickle::{self, Assembler};
use weighbridge_scan::samples::{tar, torch, zip};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(name: &str, bytes: &[u8]) -> ScanReport {
    scan_bytes(&name.parse().unwrap(), bytes, &Limits::default())
}

fn has_rule(report: &ScanReport, rule: &str) -> bool {
    report.findings.iter().any(|finding| finding.rule == rule)
}

/// `module.name(text)()`.
fn called_twice(module: &str, name: &str, text: &str) -> Vec<u8> {
    Assembler::new(4)
        .global(module, name)
        .tuple(|tuple| tuple.text(text))
        .reduce()
        .tuple(|tuple| tuple)
        .reduce()
        .stop()
}

#[test]
fn a_helper_that_names_a_vetted_type_is_followed_and_any_other_stays_a_call() {
    for (module, name, vetted, other) in [
        ("dill._dill", "_load_type", "complex", "CodeType"),
        ("cloudpickle.cloudpickle", "_builtin_type", "SimpleNamespace", "FunctionType"),
    ] {
        let report = scan("a.pkl", &called_twice(module, name, vetted));
        assert_eq!(report.verdict(), Verdict::Clean, "{report:?}");
        let report = scan("a.pkl", &called_twice(module, name, other));
        assert_eq!(report.verdict(), Verdict::Dangerous, "{report:?}");
    }
    let zone = |attribute| {
        Assembler::new(4)
            .global("builtins", "getattr")
            .tuple(|tuple| tuple.global("zoneinfo", "ZoneInfo").text(attribute))
            .reduce()
            .tuple(|tuple| tuple.text("UTC").number(1))
            .reduce()
            .stop()
    };
    assert_eq!(scan("a.pkl", &zone("_unpickle")).verdict(), Verdict::Clean);
    assert_eq!(scan("a.pkl", &zone("from_file")).verdict(), Verdict::Dangerous);
}

#[test]
fn a_storage_that_is_not_in_the_archive_is_never_clean() {
    let bytes = torch::archive_of(&torch::state_dict(&[("w", &[2])]), &[]);
    assert_eq!(scan("m.bin", &bytes).verdict(), Verdict::Unknown);
}

#[test]
fn a_comment_that_acts_is_found() {
    let member = zip::Member::stored("a.txt", b"text");
    let bytes = zip::build(&[member], &pickle::calling("os", "system", "id"));
    assert!(has_rule(&scan("a.zip", &bytes), "WB-PICKLE-HIDDEN"));
}

#[test]
fn names_that_only_windows_takes_for_paths_leave_the_archive_too() {
    for name in ["..\\x", "C:\\x", "\\x", "a\\..\\..\\x"] {
        assert!(
            has_rule(&scan("a.tar", &tar::of(&[(name, b"text")])), "WB-ARCHIVE-NAME"),
            "{name}"
        );
    }
}

#[test]
fn a_place_of_the_memo_that_takes_gigabytes_is_not_clean() {
    let bytes = Assembler::new(4).raw(b"Nr\xff\xff\xff\x7f").stop();
    assert!(has_rule(&scan("a.pkl", &bytes), "WB-PICKLE-FRAME"));
}
