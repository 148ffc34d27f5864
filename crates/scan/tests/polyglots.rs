//! Files that are two formats at once: what one program takes for weights is a program for another one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::{pickle, safetensors, tar};
use weighbridge_scan::{Limits, ScanOutcome, scan_bytes, scan_reader};

fn scan(name: &str, bytes: &[u8]) -> ScanReport {
    scan_bytes(&name.parse().unwrap(), bytes, &Limits::default())
}

fn has_rule(report: &ScanReport, rule: &str) -> bool {
    report.findings.iter().any(|finding| finding.rule == rule)
}

/// A header of this many bytes, padded with spaces, and tensor data that is a program.
fn weights(header_bytes: usize, data: &[u8]) -> Vec<u8> {
    let tensor =
        format!(r#"{{"w":{{"dtype":"U8","shape":[{0}],"data_offsets":[0,{0}]}}}}"#, data.len());
    let mut bytes = safetensors::with_header(&format!("{tensor:header_bytes$}"), 0);
    bytes.extend(data);
    bytes
}

#[test]
fn a_header_whose_length_is_an_opcode_leads_into_the_tensors() {
    // 0x150: `P` takes everything up to the end of the line for a persistent id.
    let mut data = b"\n".to_vec();
    data.extend(&pickle::calling("os", "system", "id")[2..]);
    let bytes = weights(0x150, &data);
    assert!(has_rule(&scan("m.safetensors", &bytes), "WB-POLYGLOT"));

    // While it arrives, the line may still be open: the header alone is no verdict.
    let mut longer = bytes.clone();
    longer.resize(bytes.len() + 100_000, 0);
    let size = longer.len() as u64;
    let mut header = weights(0x150, &vec![b'x'; 100_000 + data.len()]);
    header[0x158..0x158 + data.len()].copy_from_slice(&data);
    let path = "m.safetensors".parse().unwrap();
    let outcome = scan_reader(&path, &&header[..0x158], size, &Limits::default());
    assert!(matches!(outcome, ScanOutcome::NeedsMore { .. }), "{outcome:?}");
    let outcome = scan_reader(&path, &&header[..90_000], size, &Limits::default());
    let ScanOutcome::Report(report) = outcome else { panic!("{outcome:?}") };
    assert!(has_rule(&report, "WB-POLYGLOT"), "{report:?}");
}

#[test]
fn weights_whose_header_length_is_an_opcode_are_clean_all_the_same() {
    for header_bytes in (0x100..0x200).step_by(8) {
        let bytes = weights(header_bytes, b"plain\nnumbers");
        assert_eq!(scan("m.safetensors", &bytes).verdict(), Verdict::Clean, "{header_bytes}");
    }
}

#[test]
fn a_header_that_is_a_tar_header_as_well() {
    let mut block = tar::header("", 0, b'0', "");
    block[..8].copy_from_slice(&1000_u64.to_le_bytes());
    let start = br#"{"__metadata__":{"a":""#;
    block[8..8 + start.len()].copy_from_slice(start);
    for byte in &mut block[8 + start.len()..] {
        *byte = if *byte == 0 { b' ' } else { *byte };
    }
    block[148..156].copy_from_slice(b"        ");
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}  ").as_bytes());
    block.extend(b"\"}}");
    block.resize(1008, b' ');
    let report = scan("m.safetensors", &block);
    assert_eq!(report.format.as_str(), "safetensors");
    assert!(has_rule(&report, "WB-POLYGLOT"), "{report:?}");
}

#[test]
fn a_run_that_goes_on_for_too_long_is_no_verdict() {
    // Two million opcodes of nothing, behind the first bytes of a picture that Python reads on from.
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(b"xxx");
    bytes.extend(b"N0".repeat(1_100_000));
    assert_ne!(scan("a.gif", &bytes).verdict(), Verdict::Clean);
}

#[test]
fn a_pickle_behind_a_picture_is_found() {
    let evil = pickle::calling("os", "system", "id");
    for picture in [b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".as_slice(), b"\x89PNG\r\n\x1a\n\x00\x00"]
    {
        assert!(has_rule(&scan("a.png", &[picture, &evil].concat()), "WB-PICKLE-HIDDEN"));
        assert_eq!(scan("a.png", picture).verdict(), Verdict::Clean);
    }
}

#[test]
fn what_is_named_safetensors_and_is_none_is_refused() {
    for header in ["[]", "\u{feff}{}", " {}"] {
        for length in [header.len() as u64, 101 << 20, 1 << 62] {
            let bytes = [length.to_le_bytes().as_slice(), header.as_bytes()].concat();
            let report = scan("model.safetensors", &bytes);
            assert!(has_rule(&report, "WB-SAFETENSORS-LAYOUT"), "{header} {length}: {report:?}");
        }
    }
    assert_eq!(scan("model.safetensors", &[0; 40]).verdict(), Verdict::Unknown);
}
