//! Every sample, cut and flipped anywhere: no panic, no long run, and no danger that gets lost.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use weighbridge_domain::{RepoPath, ScanReport, Verdict};
use weighbridge_scan::samples::{self, Sample};
use weighbridge_scan::{
    Limits, RepositoryFile, ScanOutcome, Tree, is_config, judge_repository, scan_bytes, scan_reader,
};

/// Far more than any of these files needs, even on a busy machine.
const LONG: Duration = Duration::from_secs(20);

fn scan(path: &str, bytes: &[u8]) -> ScanReport {
    let start = Instant::now();
    let report = scan_bytes(&path.parse().unwrap(), bytes, &Limits::default());
    assert!(start.elapsed() < LONG, "{path} took {:?}", start.elapsed());
    report
}

fn sample() -> impl Strategy<Value = Sample> {
    prop::sample::select(samples::all())
}

#[test]
fn cutting_a_dangerous_sample_anywhere_never_makes_it_clean() {
    for sample in samples::all().into_iter().filter(|s| s.verdict == Verdict::Dangerous) {
        for cut in 1..sample.bytes.len() {
            let report = scan(sample.path, &sample.bytes[..cut]);
            let may_be_clean = cut < sample.danger_ends;
            assert!(
                report.verdict() != Verdict::Clean || may_be_clean,
                "{} cut at {cut}: {report:?}",
                sample.path
            );
        }
    }
}

#[test]
fn a_part_is_never_cleaner_than_the_whole() {
    for sample in samples::all() {
        let path: RepoPath = sample.path.parse().unwrap();
        let size = sample.bytes.len() as u64;
        for available in 0..sample.bytes.len() {
            let part = &sample.bytes[..available];
            if let ScanOutcome::Report(report) = scan_reader(&path, &part, size, &Limits::default())
            {
                assert_eq!(report.verdict(), sample.verdict, "{} at {available}", sample.path);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn flipped_samples_are_survived(
        sample in sample(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = sample.bytes;
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        scan(sample.path, &bytes);
    }

    #[test]
    fn spliced_samples_are_survived(
        first in sample(),
        second in sample(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let mut bytes = first.bytes[..from.index(first.bytes.len())].to_vec();
        bytes.extend(&second.bytes[to.index(second.bytes.len())..]);
        scan(first.path, &bytes);
        scan("data.csv", &bytes);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        for path in ["x.pkl", "x.bin", "x.txt", "x.json", "tokenizer.model", "x"] {
            scan(path, &bytes);
        }
        let mut pickle = vec![0x80, 4];
        pickle.extend(&bytes);
        scan("x.pkl", &pickle);
    }

    #[test]
    fn any_configuration_is_survived(
        text in r#"\{("(auto_map|type|weight_map|trust_remote_code|x)":("[a-z./-]{0,9}"|\[|\{|1),?){0,6}\}?"#,
        name in prop::sample::select(vec!["config.json", "modules.json", "model_index.json", "m.index.json"]),
    ) {
        let path: RepoPath = name.parse().expect("a path");
        let mut tree = Tree::default();
        let size_bytes = text.len() as u64;
        tree.files.push(RepositoryFile { path: path.clone(), size_bytes });
        prop_assert!(is_config(&path));
        tree.add_config(path, &text.as_bytes(), true);
        judge_repository(&tree, &Limits::default());
    }
}

#[test]
fn nothing_in_a_report_obeys_a_terminal() {
    for (name, bytes) in [
        ("a.pkl", b"c\x15\x15\x15\ngc\ng\xe7".as_slice()),
        ("a.zip", b"\xf8\ncc\x0b\n\n.\n"),
        ("a.pkl", b"\x80\x04cos\x1b[2J\nsystem\x1b[2J\n(V\x1b]0;a\x07\ntR."),
    ] {
        let report = scan(name, bytes);
        let findings = report.findings.iter();
        let mut texts: Vec<&str> =
            findings.flat_map(|f| [f.message.as_str(), &f.evidence, &f.place.member]).collect();
        texts
            .extend(report.unexamined.iter().flat_map(|gap| [gap.why.as_str(), &gap.place.member]));
        assert!(!texts.is_empty());
        for text in texts {
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }
}
