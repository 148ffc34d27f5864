//! Files inside files, and values between opcodes: tar, gzip, zlib, joblib.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::seven_zip::{self, Packing};
use weighbridge_scan::samples::{gzip, joblib, packed, pickle, tar, zip};
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
fn content_that_does_not_fit_its_checksum_is_told_and_examined_to_its_end() {
    let written = |name: &str| packed::WRITTEN.iter().find(|(its, _)| *its == name).unwrap().1;
    for (name, from_end) in
        [("text.zst", 1), ("text.lz4", 1), ("text.xz", 25), ("text-delta.xz", 25), ("text.bz2", 1)]
    {
        let mut bytes = written(name).to_vec();
        let at = bytes.len() - if name == "text.bz2" { bytes.len() - 10 } else { from_end };
        bytes[at] ^= 1;
        let report = scan(name, &bytes);
        assert_eq!(rules(&report), ["WB-ARCHIVE-SUM"], "{name}: {report:?}");
        assert_eq!(report.unexamined, [], "{name}");
    }
    let call = pickle::calling("os", "system", "id");
    let mut frame = packed::lz4(&call);
    frame[6] ^= 1;
    let report = scan("model.pkl.lz4", &frame);
    assert_eq!(rules(&report), ["WB-ARCHIVE-SUM", "WB-PICKLE-CALL"], "{report:?}");
    for packing in [Packing::Copied, Packing::Lzma2] {
        let mut archive = seven_zip::of(packing, &[("a.txt", b"text"), ("b.txt", b"more")]);
        let sum = crc32fast::hash(b"more").to_le_bytes();
        let at = archive.windows(4).position(|bytes| bytes == sum).unwrap();
        archive[at] ^= 1;
        let header = archive.len() - usize::from(archive[20]);
        let sum = crc32fast::hash(&archive[header..]).to_le_bytes();
        archive[28..32].copy_from_slice(&sum);
        let report = scan("a.7z", &archive);
        assert_eq!(rules(&report), ["WB-ARCHIVE-SUM"], "{report:?}");
        assert_eq!(report.findings[0].place.member, "b.txt");
    }
    let mut archive = seven_zip::of(Packing::Copied, &[("a.txt", b"text")]);
    archive[28] ^= 1;
    assert_eq!(rules(&scan("a.7z", &archive)), ["WB-ARCHIVE-SUM"]);
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

#[test]
fn every_member_of_a_compressed_file_is_looked_at() {
    let (plain, call) = (pickle::plain(4), call());
    for pack in [gzip, packed::zstd, packed::lz4, packed::xz] {
        let bytes = [pack(&plain), pack(&call)].concat();
        assert_eq!(rules(&scan("model.pkl", &bytes)), ["WB-PICKLE-CALL"]);
        let bytes = [pack(b"\x89PNG\r\n\x1a\n and what follows"), pack(&call)].concat();
        let report = scan("picture", &bytes);
        assert_eq!(rules(&report), ["WB-PICKLE-HIDDEN"], "{report:?}");
    }
}

#[test]
fn frames_that_readers_skip_are_searched() {
    for pack in [packed::zstd, packed::lz4] {
        let honest = [packed::skippable(b"index"), pack(b"text\n")].concat();
        let report = scan("a.txt.zst", &honest);
        assert_eq!(report.verdict(), Verdict::Clean, "{report:?}");
        let hidden = [packed::skippable(&call()), pack(b"text\n")].concat();
        assert_eq!(rules(&scan("a.txt.zst", &hidden)), ["WB-PICKLE-HIDDEN"]);
    }
}

#[test]
fn what_comes_before_a_break_is_examined() {
    for (pack, less) in [(gzip as fn(&[u8]) -> Vec<u8>, 4), (packed::zstd, 1), (packed::lz4, 4)] {
        let mut bytes = pack(&call());
        bytes.truncate(bytes.len() - less);
        let report = scan("model.pkl", &bytes);
        assert_eq!(rules(&report), ["WB-PICKLE-CALL"]);
        assert!(!report.unexamined.is_empty());
    }
}

#[test]
fn a_window_is_as_large_as_memory_allows_whatever_is_claimed() {
    let mut bytes = packed::zstd(b"a,b\n1,2\n");
    // A window of 3.75 TiB.
    bytes[5] = 0xff;
    assert_eq!(scan("a.csv.zst", &bytes).verdict(), Verdict::Clean);
    let mut bytes = packed::WRITTEN[3].1.to_vec();
    bytes[1..5].fill(0xff);
    assert_eq!(scan("text.lzma", &bytes).verdict(), Verdict::Clean);
}

#[test]
fn containers_of_every_kind_inside_each_other_share_a_budget() {
    let mut bytes = call();
    for pack in [gzip, packed::zstd, packed::lz4, packed::xz, gzip, packed::zstd] {
        bytes = pack(&bytes);
    }
    assert_eq!(rules(&scan("model", &bytes)), ["WB-PICKLE-CALL"]);
    for _ in 0..4 {
        bytes = packed::zstd(&bytes);
    }
    let report = scan("model", &bytes);
    assert_eq!(report.verdict(), Verdict::Unknown);
    assert!(report.unexamined[0].why.contains("nested containers"), "{report:?}");
}

#[test]
fn members_of_a_zip_are_read_in_every_method() {
    let call = call();
    for (method, body) in [(93, packed::zstd(&call)), (95, packed::xz(&call))] {
        let mut member = zip::Member::stored("x.pkl", &call);
        (member.method, member.body) = (method, body);
        assert_eq!(rules(&scan("a.zip", &zip::build(&[member], b""))), ["WB-PICKLE-CALL"]);
    }
    let mut member = zip::Member::stored("x.pkl", &call);
    member.method = 98;
    assert_eq!(scan("a.zip", &zip::build(&[member], b"")).verdict(), Verdict::Unknown);
}

#[test]
fn files_of_a_7z_archive_are_named_and_examined() {
    for packing in [Packing::Copied, Packing::Lzma2] {
        let bytes = seven_zip::of(packing, &[("a.txt", b"text"), ("model/b.pkl", &call())]);
        let report = scan("a.7z", &bytes);
        assert_eq!(rules(&report), ["WB-PICKLE-CALL"], "{report:?}");
        assert_eq!(report.findings[0].place.member, "model/b.pkl");
        assert_eq!(report.unexamined, []);
    }
}

#[test]
fn what_a_7z_archive_keeps_closed_is_unknown() {
    for (packing, wanted) in
        [(Packing::Encrypted, "it is encrypted"), (Packing::Unknown, "codec 7f7f is not read")]
    {
        let report = scan("a.7z", &seven_zip::of(packing, &[("a.txt", b"text")]));
        assert_eq!(report.verdict(), Verdict::Unknown);
        assert_eq!(report.unexamined[0].why, wanted);
        assert_eq!(report.unexamined[0].place.member, "a.txt");
    }
}

#[test]
fn names_and_gaps_of_a_7z_archive_are_told() {
    for name in ["../x", "/x", "a\\..\\..\\x", "C:x"] {
        let bytes = seven_zip::of(Packing::Copied, &[(name, b"text")]);
        assert_eq!(rules(&scan("a.7z", &bytes)), ["WB-ARCHIVE-NAME"], "{name}");
    }
    let mut bytes = seven_zip::of(Packing::Copied, &[("a.txt", b"text")]);
    bytes.extend(call());
    assert_eq!(rules(&scan("a.7z", &bytes)), ["WB-POLYGLOT", "WB-PICKLE-HIDDEN"]);
}

#[test]
fn a_7z_header_that_lies_is_unknown() {
    for header in [
        b"\x01\x04\x06\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x09".as_slice(),
        b"\x01\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x17\x06\x00\x01\x09\x01\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x01\x00\x00",
        b"\x02",
    ] {
        let report = scan("a.7z", &seven_zip::wrap(b"", header));
        assert_eq!(report.verdict(), Verdict::Unknown, "{header:?}: {report:?}");
    }
}
