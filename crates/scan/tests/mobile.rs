//! Models for telephones: TensorFlow Lite, `ExecuTorch`, Core ML.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::flat::{self, Field, executorch, tflite};
use weighbridge_scan::samples::{coreml, pickle, protobuf, tensorflow, zip};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(name: &str, bytes: &[u8]) -> ScanReport {
    scan_bytes(&name.parse().unwrap(), bytes, &Limits::default())
}

fn rules(report: &ScanReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn operators_of_the_runtime_are_clean_and_others_are_not() {
    let own = tflite(&[(0, "", b""), (32, "TFLite_Detection_PostProcess", b"")]);
    let report = scan("model.bin", &own);
    assert_eq!((report.verdict(), report.format.as_str()), (Verdict::Clean, "tflite"));
    assert_eq!(rules(&scan("a.tflite", &tflite(&[(32, "Acme", b"")]))), ["WB-TFLITE-CUSTOM"]);
    assert_eq!(rules(&scan("a.tflite", &tflite(&[(32, "FlexErf", b"")]))), ["WB-TFLITE-CUSTOM"]);
    let report = scan("a.tflite", &tflite(&[(32, "FlexReadFile", b"")]));
    assert_eq!(rules(&report), ["WB-TF-ACT"]);
    assert!(report.findings[0].place.offset.is_some());
}

#[test]
fn the_node_that_tensorflow_is_handed_counts_whatever_the_operator_is_called() {
    let mut options = b"Erf\0".to_vec();
    options.extend(tensorflow::node("n", "WriteFile", &["a", "b"]));
    let bytes = tflite(&[(32, "FlexErf", &options)]);
    let report = scan("a.tflite", &bytes);
    assert_eq!(rules(&report), ["WB-TFLITE-CUSTOM", "WB-TF-ACT"]);
    let at = usize::try_from(report.findings[1].place.offset.unwrap()).unwrap();
    assert!(bytes[at..].starts_with(&protobuf::text(2, "WriteFile")));
}

#[test]
fn labels_behind_a_model_are_members_and_no_second_format() {
    let model_with = |labels: &[u8]| {
        let mut member = zip::Member::stored("labels.txt", labels);
        member.gap = tflite(&[(0, "", b"")]);
        scan("a.tflite", &zip::build(&[member], b""))
    };
    let report = model_with(b"cat\ndog\n");
    assert_eq!(report.verdict(), Verdict::Clean, "{report:?}");
    assert_eq!(model_with(&pickle::calling("os", "system", "id")).verdict(), Verdict::Dangerous);
}

#[test]
fn weights_of_a_model_lie_in_its_folder() {
    let at = |path| {
        let groups = Field::Tables(vec![vec![(0, flat::text(path))]]);
        scan("a.tflite", &flat::file(*b"TFL3", &vec![(0, Field::Number(3)), (8, groups)]))
    };
    assert_eq!(at("weights.bin").verdict(), Verdict::Clean);
    assert_eq!(rules(&at("../../etc/passwd")), ["WB-TFLITE-PATH"]);
}

#[test]
fn offsets_that_lead_nowhere_are_told() {
    let whole = tflite(&[(0, "", b"")]);
    assert_eq!(scan("a.tflite", &whole[..60]).verdict(), Verdict::Unknown);
    let mut wild = whole;
    wild[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(scan("a.tflite", &wild).verdict(), Verdict::Unknown);
}

#[test]
fn kernels_and_engines_of_others_are_told() {
    let usual = executorch(&["aten::add", "executorch_prim::et_view"], &["XnnpackBackend"]);
    let report = scan("model.bin", &usual);
    assert_eq!((report.verdict(), report.format.as_str()), (Verdict::Clean, "executorch"));
    for other in [executorch(&["acme::run"], &[]), executorch(&[], &["QnnBackend"])] {
        assert_eq!(rules(&scan("a.pte", &other)), ["WB-EXECUTORCH-CUSTOM"]);
    }
}

#[test]
fn classes_of_the_program_are_found_wherever_they_stand() {
    let inner = coreml::network(&[coreml::custom("Acme")]);
    let pipeline = coreml::model(202, &protobuf::bytes(1, &inner));
    for model in [
        inner,
        coreml::network(&[coreml::branch(&[coreml::custom("Acme")])]),
        pipeline,
        coreml::model(555, &protobuf::text(10, "Acme")),
        coreml::program_of("custom_layer"),
    ] {
        let report = scan("a.mlmodel", &model);
        assert!(rules(&report).iter().all(|rule| *rule == "WB-COREML-CUSTOM"), "{report:?}");
        assert_eq!(report.verdict(), Verdict::Review, "{report:?}");
    }
    let plain = coreml::network(&[coreml::layer(140), coreml::branch(&[coreml::layer(100)])]);
    let report = scan("weights", &plain);
    assert_eq!((report.verdict(), report.format.as_str()), (Verdict::Clean, "coreml"));
    assert_eq!(scan("a", &coreml::network(&[coreml::layer(9_999)])).verdict(), Verdict::Unknown);
}

#[test]
fn weights_beside_a_model_stay_in_its_folder() {
    let inside = coreml::program("@model_path/weights/weight.bin");
    assert_eq!(scan("model.mlmodel", &inside).verdict(), Verdict::Clean);
    let outside = coreml::program("@model_path/../../x");
    assert_eq!(rules(&scan("model.mlmodel", &outside)), ["WB-COREML-PATH"]);
    let weights = coreml::weights(&[&[0; 100], &[1; 64]]);
    assert_eq!(scan("weight.bin", &weights).verdict(), Verdict::Clean);
    assert_eq!(scan("weight.bin", &[&weights, &[7; 64][..]].concat()).verdict(), Verdict::Unknown);
    assert_eq!(scan("weight.bin", &weights[..200]).verdict(), Verdict::Unknown);
}
