//! Zip archives that lie, one lie each, and what the reader says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::{pickle, torch, zip, zip::Member};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(name: &str, bytes: &[u8]) -> ScanReport {
    scan_bytes(&name.parse().unwrap(), bytes, &Limits::default())
}

fn rules(report: &ScanReport) -> Vec<&str> {
    let mut rules: Vec<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

fn call() -> Vec<u8> {
    pickle::calling("os", "system", "id")
}

#[test]
fn the_member_is_named_from_the_outside_in() {
    let inner = zip::deflated(&[("x.pkl", &call())]);
    let report = scan("a.zip", &zip::of(&[("b/inner.zip", &inner)]));
    assert_eq!(report.findings[0].place.member, "b/inner.zip!x.pkl");
}

#[test]
fn two_names_for_one_member() {
    let mut member = Member::stored("a.txt", b"text");
    member.local_name = b"b.pkl".to_vec();
    assert_eq!(rules(&scan("a.zip", &zip::build(&[member], b""))), ["WB-ZIP-MISMATCH"]);
}

#[test]
fn one_name_for_two_members() {
    let members = [Member::stored("a", b"one"), Member::stored("a", b"two")];
    assert_eq!(rules(&scan("a.zip", &zip::build(&members, b""))), ["WB-ZIP-DUPLICATE"]);
}

#[test]
fn a_member_that_claims_to_be_encrypted_is_read() {
    for flags in [1, 1 << 6, 1 << 13] {
        let mut member = Member::stored("data.pkl", &call());
        member.flags = flags;
        let report = scan("a.zip", &zip::build(&[member], b""));
        assert_eq!(rules(&report), ["WB-PICKLE-CALL", "WB-ZIP-FLAGS"]);
    }
    let mut secret = Member::stored("data.bin", b"\x9d\x03\xee\x71\x05");
    (secret.flags, secret.crc) = (1, 7);
    let report = scan("a.zip", &zip::build(&[secret], b""));
    assert_eq!(report.verdict(), Verdict::Unknown);
    assert_eq!(report.unexamined[0].why, "the member is encrypted");
}

#[test]
fn a_wrong_checksum_does_not_stop_the_reader() {
    let mut member = Member::deflated("data.pkl", &call());
    member.crc ^= 1;
    let report = scan("a.zip", &zip::build(&[member], b""));
    assert_eq!(rules(&report), ["WB-PICKLE-CALL", "WB-ZIP-CRC"]);
}

#[test]
fn bytes_that_belong_to_nothing() {
    let mut member = Member::stored("a.txt", b"text");
    let first = Member::stored("b.txt", b"text");
    member.gap = call();
    let report = scan("a.zip", &zip::build(&[first, member], b""));
    assert_eq!(rules(&report), ["WB-PICKLE-HIDDEN", "WB-ZIP-HIDDEN"]);

    let mut before = call();
    before.extend(zip::of(&[("a.txt", b"text")]));
    assert_eq!(scan("a.pkl", &before).verdict(), Verdict::Dangerous);

    let mut after = zip::of(&[("a.txt", b"text")]);
    after.extend(call());
    assert_eq!(rules(&scan("a.zip", &after)), ["WB-PICKLE-HIDDEN", "WB-POLYGLOT"]);
}

#[test]
fn members_that_leave_the_archive() {
    for name in ["../x", "/etc/passwd", "a/../../b", "..\\x", "C:\\x"] {
        let report = scan("a.zip", &zip::of(&[(name, b"text")]));
        assert_eq!(rules(&report), ["WB-ARCHIVE-NAME"], "{name}");
    }
}

#[test]
fn overlapping_members() {
    let first = Member::stored("a", b"text that is long enough to overlap");
    let honest = zip::build(&[first.clone(), Member::stored("b", b"x")], b"");
    // The second line of the directory points at the first member.
    let mut lying = honest.clone();
    let at = lying.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    lying[at + 42] = 3;
    assert!(rules(&scan("a.zip", &lying)).contains(&"WB-ZIP-MISMATCH"));
    assert_eq!(scan("a.zip", &honest).verdict(), Verdict::Clean);
}

#[test]
fn a_second_directory_in_the_comment() {
    let comment = b"PK\x05\x06 and the rest of another record";
    let bytes = zip::build(&[Member::stored("a.txt", b"text")], comment);
    let report = scan("a.zip", &bytes);
    assert_eq!(report.verdict(), Verdict::Dangerous, "{report:?}");
}

#[test]
fn sizes_that_are_not_what_the_directory_says() {
    let mut member = Member::deflated("a.txt", b"text and more text");
    member.expanded = 3;
    assert_eq!(rules(&scan("a.zip", &zip::build(&[member], b""))), ["WB-ZIP-MISMATCH"]);
}

#[test]
fn depth_and_members_have_budgets() {
    let mut bytes = zip::of(&[("x.pkl", &call())]);
    for _ in 0..20 {
        bytes = zip::of(&[("inner.zip", &bytes)]);
    }
    let report = scan("a.zip", &bytes);
    assert_eq!(report.verdict(), Verdict::Unknown);
    assert!(report.unexamined[0].why.contains("nested containers"), "{report:?}");

    let many: Vec<(&str, &[u8])> = vec![("a", b"x"); 20];
    let limits = Limits { members: 10, ..Limits::default() };
    let report = scan_bytes(&"a.zip".parse().unwrap(), &zip::of(&many), &limits);
    assert_eq!(report.verdict(), Verdict::Unknown);
}

#[test]
fn storages_have_the_size_that_the_pickle_relies_on() {
    let data = torch::state_dict(&[("w", &[2, 2])]);
    let archive =
        |bytes: usize| torch::archive_of(&data, &[("archive/data/0".to_owned(), vec![0; bytes])]);
    let honest = scan("m.bin", &archive(16));
    assert_eq!((honest.verdict(), honest.format.as_str()), (Verdict::Clean, "torch"));
    assert_eq!(rules(&scan("m.bin", &archive(12))), ["WB-TORCH-STORAGE"]);
}

#[test]
fn a_member_that_no_tensor_names_is_not_taken_for_one() {
    let data = torch::state_dict(&[("w", &[2, 2])]);
    let storages =
        [("archive/data/0".to_owned(), vec![0; 16]), ("archive/data/1".to_owned(), call())];
    let report = scan("m.bin", &torch::archive_of(&data, &storages));
    assert_eq!(rules(&report), ["WB-PICKLE-CALL"]);
    assert_eq!(report.findings[0].place.member, "archive/data/1");
}

#[test]
fn a_tensor_that_is_a_pickle_is_told() {
    let mut bytes = call();
    bytes.resize(64, 0);
    let data = torch::state_dict(&[("w", &[4, 4])]);
    let report = scan("m.bin", &torch::archive_of(&data, &[("archive/data/0".to_owned(), bytes)]));
    assert_eq!(rules(&report), ["WB-PICKLE-HIDDEN"]);
}

#[test]
fn an_archive_behind_a_picture_is_two_files() {
    let mut bytes = b"\x89PNG\r\n\x1a\n and what follows".to_vec();
    bytes.extend(zip::of(&[("x.pkl", &call())]));
    let report = scan("a.png", &bytes);
    assert_eq!(rules(&report), ["WB-PICKLE-CALL", "WB-PICKLE-HIDDEN", "WB-POLYGLOT"]);
}

#[test]
fn sizes_may_stand_behind_a_member() {
    for sizes in [zip::Sizes::Behind, zip::Sizes::FarBehind] {
        for content in [b"".as_slice(), b"text", &[b'x'; 5000]] {
            let stored = Member { sizes, ..Member::stored("a.txt", content) };
            let deflated = Member { sizes, ..Member::deflated("b.txt", content) };
            let report = scan("a.zip", &zip::build(&[stored, deflated], b"note"));
            assert_eq!(report.verdict(), Verdict::Clean, "{sizes:?}: {report:?}");
        }
    }
}

#[test]
fn nothing_stands_between_the_last_records() {
    for (gap, verdict) in [(b"".as_slice(), Verdict::Clean), (b"gap", Verdict::Dangerous)] {
        let archive = zip::of(&[("a.txt", b"text")]);
        let (body, end) = archive.split_at(archive.len() - 22);
        let number = |at: usize| u32::from_le_bytes(end[at..at + 4].try_into().unwrap());
        let mut bytes = body.to_vec();
        bytes.extend_from_slice(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
        for field in [1, 1, number(12), number(16)] {
            bytes.extend_from_slice(&u64::from(field).to_le_bytes());
        }
        bytes.extend_from_slice(gap);
        bytes.extend_from_slice(b"PK\x06\x07\0\0\0\0");
        bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
        bytes.extend_from_slice(b"\x01\0\0\0");
        bytes.extend_from_slice(end);
        let report = scan("a.zip", &bytes);
        assert_eq!(report.verdict(), verdict, "{report:#?}");
    }
}

#[test]
fn archives_in_archives_that_grow_together() {
    let zeros = vec![0; 8 << 20];
    let inner = zip::deflated(&[("a", &zeros), ("b", &zeros), ("c", &zeros), ("d", &zeros)]);
    let report = scan("a.zip", &zip::deflated(&[("1.zip", &inner), ("2.zip", &inner)]));
    assert_eq!(rules(&report), ["WB-ARCHIVE-BOMB"]);
}

#[test]
fn a_pickle_in_an_extra_field() {
    let plain = zip::of(&[("a.txt", b"text")]);
    let pickle = call();
    let size = u16::try_from(pickle.len()).unwrap();
    // An id that nobody gave, the size, the bytes: behind the name `a.txt` of the member's own header.
    let extra = [&b"\x99\x99"[..], &size.to_le_bytes(), &pickle].concat();
    let mut bytes = [&plain[..35], &extra, &plain[35..]].concat();
    bytes[28..30].copy_from_slice(&(size + 4).to_le_bytes());
    let end = bytes.len() - 22;
    let start = u32::from(size) + 4 + 35 + 4;
    bytes[end + 16..end + 20].copy_from_slice(&start.to_le_bytes());
    let report = scan("model.zip", &bytes);
    assert_eq!(rules(&report), ["WB-PICKLE-HIDDEN"], "{report:?}");
    assert_eq!(scan("model.zip", &plain).verdict(), Verdict::Clean);
}
