//! Files inside files, and values between opcodes: tar, gzip, zlib, joblib.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::{gzip, joblib, pickle, tar};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(name: &str, bytes: &[u8]) -> ScanReport {
    scan_bytes(&name.parse().unwrap(), bytes, &Limits::default())
}

fn rules(report: &ScanReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

fn call() -> Vec<u8> {
    pickle::calling("os", "system", "id")
}

#[test]
fn members_of_a_tar_inside_gzip_are_named_from_the_outside_in() {
    let bytes = gzip(&tar::of(&[("model/data.pkl", &call())]));
    let report = scan("x.tar.gz", &bytes);
    assert_eq!(report.findings[0].place.member, "x.tar!model/data.pkl");
}

#[test]
fn names_from_extended_headers_are_the_names() {
    let long = format!("{}/x.json", "d".repeat(120));
    let record = format!("path={long}\n");
    let record = format!("{} {record}", record.len() + 4);
    for (kind, body) in [(b'x', record.as_bytes()), (b'L', long.as_bytes())] {
        let mut bytes = tar::header("extended", body.len(), kind, "");
        bytes.extend(body);
        bytes.resize(1024, 0);
        bytes.extend(tar::of(&[("short", &call())]));
        let report = scan("a.tar", &bytes);
        assert_eq!(rules(&report), ["WB-PICKLE-CALL", "WB-NAME-MISMATCH"]);
        assert_eq!(report.findings[0].place.member, long);
    }
}

#[test]
fn links_and_devices_that_lead_out_are_told() {
    for (name, kind, link) in [
        ("../x", b'0', ""),
        ("/x", b'0', ""),
        ("x", b'2', "/etc/passwd"),
        ("x", b'1', "../../y"),
        ("x", b'3', ""),
    ] {
        let mut bytes = tar::header(name, 0, kind, link);
        bytes.resize(1536, 0);
        assert_eq!(rules(&scan("a.tar", &bytes)), ["WB-ARCHIVE-NAME"], "{name}");
    }
    for (kind, body) in [(b'K', "../../y"), (b'x', "20 linkpath=../../y\n")] {
        let mut bytes = tar::header("extended", body.len(), kind, "");
        bytes.extend_from_slice(body.as_bytes());
        bytes.resize(1024, 0);
        bytes.extend(tar::header("x", 0, b'2', "y"));
        bytes.resize(2560, 0);
        assert_eq!(rules(&scan("a.tar", &bytes)), ["WB-ARCHIVE-NAME"], "{body}");
    }
    let mut inside = tar::header("a/x", 0, b'2', "y");
    inside.resize(1536, 0);
    assert_eq!(scan("a.tar", &inside).verdict(), Verdict::Clean);
}

#[test]
fn what_stands_behind_the_end_of_an_archive_is_told() {
    let mut bytes = tar::of(&[("a.txt", b"text")]);
    bytes.extend(call());
    assert_eq!(rules(&scan("a.tar", &bytes)), ["WB-POLYGLOT", "WB-PICKLE-HIDDEN"]);
    let mut bytes = gzip(b"text");
    bytes.extend(call());
    let report = scan("a.txt.gz", &bytes);
    assert_eq!(rules(&report), ["WB-PICKLE-HIDDEN"]);
}

#[test]
fn a_member_that_is_cut_off_is_unknown() {
    let bytes = tar::of(&[("a.txt", &[b'x'; 2000])]);
    assert_eq!(scan("a.tar", &bytes[..1024]).verdict(), Verdict::Unknown);
    let bytes = gzip(&[b'x'; 2000]);
    assert_eq!(scan("a.txt.gz", &bytes[..bytes.len() - 9]).verdict(), Verdict::Unknown);
    assert_eq!(scan("a.txt.gz", &bytes[..bytes.len() - 4]).verdict(), Verdict::Unknown);
}

#[test]
fn joblib_compressed_with_zlib_is_looked_into() {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&call()).unwrap();
    let report = scan("a.joblib", &encoder.finish().unwrap());
    assert_eq!(rules(&report), ["WB-PICKLE-CALL"]);
}

#[test]
fn values_of_an_array_are_opcodes_to_other_loaders() {
    let honest = joblib::array(&[0; 32]);
    let report = scan("a.joblib", &honest);
    assert_eq!((report.verdict(), report.format.as_str()), (Verdict::Clean, "joblib"));

    let mut values = [b'0'; 32];
    let program = b"cos\nsystem\n(U\x02idtR.";
    values[..program.len()].copy_from_slice(program);
    let report = scan("a.joblib", &joblib::array(&values));
    assert_eq!(report.verdict(), Verdict::Dangerous, "{report:?}");
}

#[test]
fn an_array_that_is_longer_than_the_file_is_unknown() {
    let bytes = joblib::array(&[0; 32]);
    assert_eq!(scan("a.joblib", &bytes[..bytes.len() - 5]).verdict(), Verdict::Unknown);
}

#[test]
fn no_kind_of_tar_member_hides_its_data() {
    let call = pickle::calling("os", "system", "id");
    // Folders and links with data, a kind that nobody knows, a header for all members.
    for kind in [b'1', b'2', b'3', b'5', b'7', b'K', b'L', b'S', b'X', b'Z', b'g', b'x'] {
        let mut bytes = tar::header("x.pkl", call.len(), kind, "x");
        bytes.extend_from_slice(&call);
        bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
        assert_eq!(scan("a.tar", &bytes).verdict(), Verdict::Dangerous, "{}", char::from(kind));
    }
    for (kind, line) in [(b'g', "13 size=1000\n"), (b'x', "26 GNU.sparse.map=0,1,9,1\n")] {
        let mut bytes = tar::header("x", line.len(), kind, "");
        bytes.extend_from_slice(line.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
        assert_eq!(scan("a.tar", &bytes).verdict(), Verdict::Unknown, "{line}");
    }
}
