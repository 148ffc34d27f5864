//! ONNX models: code behind operators, and paths that leave the model's folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::protobuf::{bytes, number, text, varint};
use weighbridge_scan::samples::{onnx, pickle};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(bytes: &[u8]) -> ScanReport {
    scan_bytes(&"model.onnx".parse().unwrap(), bytes, &Limits::default())
}

fn rules(report: &ScanReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

fn outside(entries: &[(&str, &str)]) -> ScanReport {
    scan(&onnx::model(&[onnx::node("", "Relu")], &[onnx::tensor_at(entries)]))
}

#[test]
fn a_model_of_standard_operators_is_clean_under_any_name() {
    let model = onnx::model(
        &[onnx::node("", "Relu"), onnx::node("ai.onnx.ml", "Scaler")],
        &[
            onnx::tensor(),
            onnx::tensor_at(&[("location", "model.onnx.data"), ("offset", "0"), ("length", "8")]),
        ],
    );
    for name in ["model.onnx", "model.bin", "weights"] {
        let report = scan_bytes(&name.parse().unwrap(), &model, &Limits::default());
        assert_eq!((report.verdict(), report.format.as_str()), (Verdict::Clean, "onnx"), "{name}");
    }
}

#[test]
fn paths_that_leave_the_folder_are_told_with_their_place() {
    for path in ["../w", "/etc/passwd", "a/../../w", "..\\w", "C:\\w", "~/w", "file:///w", "a\0/w"]
    {
        let model = onnx::model(&[], &[onnx::tensor_at(&[("location", path)])]);
        let report = scan(&model);
        assert_eq!(rules(&report), ["WB-ONNX-PATH"], "{path}");
        let at = usize::try_from(report.findings[0].place.offset.unwrap()).unwrap();
        assert!(model[at..].starts_with(&text(1, "location")), "{path}");
    }
    let memory = outside(&[("location", "*/_ORT_MEM_ADDR_/*"), ("offset", "140737488")]);
    assert_eq!(rules(&memory), ["WB-ONNX-PATH"]);
    assert_eq!(rules(&outside(&[("offset", "-1")])), ["WB-ONNX-PATH"]);
}

#[test]
fn tensors_that_promise_more_than_they_bring_are_told() {
    let tensor = |name: &str, sides: &[u64], dtype: u64, raw: usize| {
        let mut out: Vec<u8> = sides.iter().flat_map(|side| number(1, *side)).collect();
        out.extend([number(2, dtype), text(8, name), bytes(9, &vec![0; raw])].concat());
        out
    };
    let of = |tensors: &[Vec<u8>]| scan(&onnx::model(&[onnx::node("", "Relu")], tensors));
    for tensor in [
        tensor("w", &[1 << 62, 1 << 62], 1, 4),
        tensor("w", &[u64::MAX], 1, 4),
        tensor("w", &[1 << 60], 8, 0),
        tensor("w", &[3, 3], 1, 32),
        tensor("w", &[5], 22, 2),
        message_packed(&[1 << 40, 1 << 40]),
    ] {
        assert_eq!(rules(&of(&[tensor])), ["WB-ONNX-LAYOUT"]);
    }
    let fine = [
        tensor("a", &[3, 3], 1, 36),
        tensor("b", &[5], 22, 3),
        tensor("c", &[], 7, 8),
        tensor("d", &[0, 9], 1, 0),
        tensor("e", &[4], 1, 0),
    ];
    assert_eq!(of(&fine).verdict(), Verdict::Clean);
    let twice = [tensor("a", &[1], 1, 4), tensor("a", &[1], 1, 4)];
    assert_eq!(rules(&of(&twice)), ["WB-ONNX-LAYOUT"]);
    // Another graph has names of its own.
    let branch = onnx::branch("then_branch", &onnx::graph(&[], &twice[..1]));
    let nodes = [onnx::node_with("", "If", &[branch])];
    assert_eq!(scan(&onnx::model(&nodes, &twice[..1])).verdict(), Verdict::Clean);
}

fn message_packed(sides: &[u64]) -> Vec<u8> {
    let packed: Vec<u8> = sides.iter().flat_map(|side| varint(*side)).collect();
    [bytes(1, &packed), number(2, 1), text(8, "w"), bytes(9, &[0; 4])].concat()
}

#[test]
fn pickles_in_the_metadata_are_found() {
    let mut model = onnx::model(&[onnx::node("", "Relu")], &[]);
    assert_eq!(scan(&model).verdict(), Verdict::Clean);
    let call = pickle::calling("os", "system", "id");
    model.extend(bytes(14, &[text(1, "x"), bytes(2, &call)].concat()));
    assert_eq!(rules(&scan(&model)), ["WB-PICKLE-HIDDEN"]);
}

#[test]
fn odd_entries_of_external_data_are_told() {
    for entry in [("length", "4611686018427387904"), ("location", ""), ("__class__", "x")] {
        assert_eq!(rules(&outside(&[entry])), ["WB-ONNX-EXTERNAL"], "{entry:?}");
    }
    let usual = [
        ("location", "a b/w.0"),
        ("offset", "4096"),
        ("checksum", "00ff"),
        ("prepacked_1|k", "0|1"),
    ];
    assert_eq!(outside(&usual).verdict(), Verdict::Clean);
}

#[test]
fn operators_that_are_code_are_found_wherever_they_stand() {
    let python = || onnx::node("ai.onnx.contrib", "PyOp");
    let inner = onnx::graph(&[python()], &[]);
    let branch = onnx::node_with("", "If", &[onnx::branch("then_branch", &inner)]);
    let function = onnx::function("acme", "Run", &[python()]);
    let plain = onnx::graph(&[onnx::node("", "Relu")], &[]);
    let mut training = onnx::model_with(&plain, &[]);
    training.extend(bytes(20, &bytes(2, &inner)));
    for model in [
        onnx::model(&[python()], &[]),
        onnx::model(&[branch], &[]),
        onnx::model_with(&plain, &[function]),
        training,
    ] {
        let report = scan(&model);
        assert_eq!(rules(&report), ["WB-ONNX-CODE"]);
        let at = usize::try_from(report.findings[0].place.offset.unwrap()).unwrap();
        assert!(model[at..].starts_with(&text(4, "PyOp")));
    }
}

#[test]
fn an_operator_of_another_domain_is_harmless_when_the_model_defines_it() {
    let call = onnx::graph(&[onnx::node("acme", "Run")], &[]);
    let own = onnx::function("acme", "Run", &[onnx::node("", "Add")]);
    let other = onnx::function("acme", "Walk", &[onnx::node("", "Add")]);
    assert_eq!(scan(&onnx::model_with(&call, &[own])).verdict(), Verdict::Clean);
    assert_eq!(rules(&scan(&onnx::model_with(&call, &[other]))), ["WB-ONNX-CUSTOM-OP"]);
    let engine = |path: &str| {
        let attribute = [text(1, "ep_cache_context"), text(4, path), number(20, 3)].concat();
        scan(&onnx::model(&[onnx::node_with("com.microsoft", "EPContext", &[attribute])], &[]))
    };
    assert_eq!(rules(&engine("../../../tmp/x.engine")), ["WB-ONNX-PATH"]);
    assert_eq!(rules(&engine("x.engine")), ["WB-ONNX-CUSTOM-OP"]);
    let context = onnx::model(&[onnx::node("com.microsoft", "EPContext")], &[]);
    assert_eq!(rules(&scan(&context)), ["WB-ONNX-CUSTOM-OP"]);
    let fused = onnx::model(&[onnx::node("com.microsoft", "FusedMatMul")], &[]);
    assert_eq!(scan(&fused).verdict(), Verdict::Clean);
}

#[test]
fn what_no_table_knows_is_not_examined() {
    let mut model = onnx::model(&[onnx::node("", "Relu")], &[]);
    model.extend(bytes(99, b"something"));
    assert_eq!(scan(&model).verdict(), Verdict::Unknown);
    let mut model = onnx::model(&[onnx::node("ai.onnx.contrib", "PyOp")], &[]);
    model.extend(number(99, 1));
    assert_eq!(scan(&model).verdict(), Verdict::Dangerous);
}

#[test]
fn graphs_inside_graphs_end_at_a_budget() {
    let mut graph = onnx::graph(&[onnx::node("", "Relu")], &[]);
    for _ in 0..60 {
        graph = onnx::graph(&[onnx::node_with("", "If", &[onnx::branch("b", &graph)])], &[]);
    }
    let report = scan(&onnx::model_with(&graph, &[]));
    assert_eq!(report.verdict(), Verdict::Unknown);
    assert!(report.unexamined[0].why.contains("the budget of 100 messages"), "{report:?}");
}

#[test]
fn a_model_that_is_cut_off_is_unknown_and_keeps_its_findings() {
    let model = onnx::model(&[onnx::node("ai.onnx.contrib", "PyOp")], &[onnx::tensor()]);
    let report = scan(&model[..60]);
    assert_eq!(rules(&report), ["WB-ONNX-CODE"]);
    assert!(!report.unexamined.is_empty());
}
