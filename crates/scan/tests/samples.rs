//! Every sample gets the verdict it has to get, whole or still arriving.

use std::cell::Cell;
use std::io;

use weighbridge_domain::{RepoPath, Verdict};
use weighbridge_scan::samples::gguf;
use weighbridge_scan::{Limits, ReadAt, ScanOutcome, samples, scan_bytes, scan_reader};

#[test]
fn every_sample_gets_its_verdict() {
    for sample in samples::all() {
        let path: RepoPath = sample.path.parse().unwrap();
        let report = scan_bytes(&path, &sample.bytes, &Limits::default());
        assert_eq!(report.verdict(), sample.verdict, "{}: {report:#?}", sample.path);
    }
}

#[test]
fn a_file_that_is_still_arriving_ends_with_the_verdict_of_the_whole() {
    for sample in samples::all() {
        let path: RepoPath = sample.path.parse().unwrap();
        let size = sample.bytes.len() as u64;
        let mut available = 0;
        let report = loop {
            let part = &sample.bytes[..usize::try_from(available).unwrap()];
            match scan_reader(&path, &part, size, &Limits::default()) {
                ScanOutcome::Report(report) => break report,
                ScanOutcome::NeedsMore { available_bytes } => {
                    assert!(available_bytes > available && available_bytes <= size);
                    available = available_bytes;
                }
            }
        };
        assert_eq!(report.verdict(), sample.verdict, "{} at {available}", sample.path);
    }
}

#[test]
fn every_template_of_a_list_is_read() {
    let read = |templates: &[&str]| {
        let bytes = gguf::with_templates(templates);
        scan_bytes(&"m.gguf".parse().unwrap(), &bytes, &Limits::default())
    };
    assert_eq!(read(&["{{ messages }}", "{{ bos_token }}"]).verdict(), Verdict::Clean);
    let report = read(&["{{ messages }}", "{{ ''.__class__.__mro__ }}"]);
    assert_eq!(report.verdict(), Verdict::Dangerous, "{report:?}");
    assert_eq!(report.findings[0].rule.as_str(), "WB-TEMPLATE-ESCAPE");
}

#[test]
fn safetensors_and_gguf_are_judged_before_their_tensors_arrive() {
    let tensors: &[(&str, &str, &[u64])] = &[("w", "F32", &[100_000])];
    let file = samples::safetensors::file(tensors);
    let path: RepoPath = "model.safetensors".parse().unwrap();
    let outcome = scan_reader(&path, &&file[..8192], file.len() as u64, &Limits::default());
    let ScanOutcome::Report(report) = outcome else { panic!("{outcome:?}") };
    assert_eq!(report.verdict(), Verdict::Clean);
}

/// A safetensors file of 4 GB whose tensor is zeros, and how many of its bytes were read.
struct Zeros {
    header: Vec<u8>,
    read: Cell<usize>,
}

impl Zeros {
    const TENSOR: u64 = 4_000_000_000;

    fn with_header(bytes: usize) -> Zeros {
        let tensor = Zeros::TENSOR;
        let text =
            format!(r#"{{"w":{{"dtype":"U8","shape":[{tensor}],"data_offsets":[0,{tensor}]}}}}"#);
        let mut header = (bytes as u64).to_le_bytes().to_vec();
        header.extend(text.bytes().chain(std::iter::repeat(b' ')).take(bytes));
        Zeros { header, read: Cell::new(0) }
    }
}

impl ReadAt for Zeros {
    fn size(&self) -> u64 {
        self.header.len() as u64 + Zeros::TENSOR
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.size() - offset).unwrap_or(usize::MAX);
        let count = buffer.len().min(left);
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let header = self.header.get(offset..).unwrap_or_default();
        for (at, byte) in buffer.iter_mut().take(count).enumerate() {
            *byte = header.get(at).copied().unwrap_or(0);
        }
        self.read.set(self.read.get() + count);
        Ok(count)
    }
}

#[test]
fn of_safetensors_only_the_header_is_read_whatever_else_its_length_could_begin() {
    let path: RepoPath = "model.safetensors".parse().unwrap();
    // Writers pad the header to eight bytes.
    for bytes in (80..80 + 256).step_by(8) {
        let file = Zeros::with_header(bytes);
        let outcome = scan_reader(&path, &file, file.size(), &Limits::default());
        let ScanOutcome::Report(report) = outcome else { panic!("{outcome:?}") };
        assert_eq!(report.verdict(), Verdict::Clean, "{bytes}: {report:?}");
        assert!(file.read.get() < 4 << 20, "{bytes}: {} bytes were read", file.read.get());
    }
}

#[test]
fn nothing_that_could_act_passes_while_it_is_still_arriving() {
    for name in ["x.csv", "x.safetensors", "x.txt", "x.png"] {
        for sample in samples::all().into_iter().filter(|s| s.verdict == Verdict::Dangerous) {
            let path: RepoPath = name.parse().unwrap();
            let size = sample.bytes.len() as u64 + 1_000_000;
            let outcome = scan_reader(&path, &sample.bytes, size, &Limits::default());
            if let ScanOutcome::Report(report) = outcome {
                assert_ne!(report.verdict(), Verdict::Clean, "{} as {name}", sample.path);
            }
        }
    }
}
