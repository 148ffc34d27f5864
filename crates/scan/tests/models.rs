//! Models of older programs, and of closed ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::{gzip, models, pickle, zip};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(name: &str, bytes: &[u8]) -> ScanReport {
    scan_bytes(&name.parse().unwrap(), bytes, &Limits::default())
}

fn rules(report: &ScanReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn code_of_r_is_told_wherever_it_stands_and_data_is_clean() {
    for (value, wanted) in [
        (models::r_list(), [].as_slice()),
        (models::r_code(5), &["WB-R-PROMISE", "WB-R-CODE"]),
        (models::r_code(3), &["WB-R-CODE", "WB-R-CODE"]),
        (models::r_code(6), &["WB-R-CODE"]),
    ] {
        let plain = scan("x.rds", &models::rds(&value));
        assert_eq!(rules(&plain), wanted, "{plain:?}");
        assert_eq!(plain.unexamined, []);
        let workspace = [b"RDX3\n".as_slice(), &models::rds(&value)].concat();
        assert_eq!(rules(&scan("x.rda", &gzip(&workspace))), wanted);
    }
    let report = scan("x.rds", &models::rds(&models::r_code(5)));
    assert_eq!(report.findings[0].place.offset, Some(23));
}

#[test]
fn what_r_can_read_and_this_reader_cannot_is_unknown() {
    for value in [
        b"\0\0\0\x15\0\0\0\x01".as_slice(),
        b"\0\0\0\x13\x7f\xff\xff\xff",
        b"\0\0\0\x0e\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        &b"\0\0\0\x13\0\0\0\x01".repeat(1000),
    ] {
        assert_eq!(scan("x.rds", &models::rds(value)).verdict(), Verdict::Unknown, "{value:?}");
    }
    assert_eq!(scan("x.rds", b"A\n3\n262147\n").verdict(), Verdict::Unknown);
}

#[test]
fn functions_of_torch7_are_told_and_tensors_are_clean() {
    let plain = scan("model.bin", &models::torch7(false));
    assert_eq!((plain.verdict(), plain.format.as_str()), (Verdict::Clean, "torch7"), "{plain:?}");
    let report = scan("model.t7", &models::torch7(true));
    assert_eq!(rules(&report), ["WB-LUA-CODE"]);
    assert_eq!(report.unexamined, []);
}

#[test]
fn an_engine_is_never_clean() {
    for (name, bytes) in [
        ("model.engine", b"\0\x01\x02 whatever it is".as_slice()),
        ("model.plan", b"\x9c\0\x02 whatever it is"),
        ("model.bin", &models::engine()),
        ("model.rknn", b"RKNN\0\0\0\0"),
    ] {
        assert_eq!(rules(&scan(name, bytes)), ["WB-ENGINE"], "{name}");
    }
}

#[test]
fn a_llamafile_is_a_program_with_an_archive_behind_it() {
    let mut bytes = b"MZqFpD='\n\0\x10\0\xf8\0\0\0\0\0\0\0\x01\0\x08\x40".to_vec();
    bytes.resize(4096, 0);
    let plain = [bytes.as_slice(), &zip::of(&[("notes.txt", b"text")])].concat();
    let report = scan("model.llamafile", &plain);
    assert!(rules(&report).contains(&"WB-NATIVE-CODE"), "{report:?}");
    let call = pickle::calling("os", "system", "id");
    let acts = [bytes.as_slice(), &zip::of(&[("x.pkl", &call)])].concat();
    assert!(rules(&scan("model.llamafile", &acts)).contains(&"WB-PICKLE-CALL"));
    assert!(rules(&scan("model.bin", &plain)).contains(&"WB-NATIVE-DISGUISED"));
}
