//! Paddle's programs and parameters, and numbers that other files describe.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::{paddle, pickle, protobuf};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(name: &str, bytes: &[u8]) -> ScanReport {
    scan_bytes(&name.parse().unwrap(), bytes, &Limits::default())
}

fn rules(report: &ScanReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn a_program_that_computes_is_clean_under_any_name() {
    let program = paddle::program(&["feed", "conv2d", "fetch"]);
    for name in ["__model__", "model.pdmodel", "x.bin"] {
        let report = scan(name, &program);
        assert_eq!(
            (report.verdict(), report.format.as_str()),
            (Verdict::Clean, "paddle"),
            "{name}"
        );
    }
}

#[test]
fn operators_that_act_are_told_with_their_place_and_what_they_are_given() {
    let program = paddle::program_of(&[paddle::operator("save", "/etc/x")]);
    let report = scan("a.pdmodel", &program);
    assert_eq!(rules(&report), ["WB-PADDLE-ACT"]);
    assert_eq!(report.findings[0].evidence, "save(\"/etc/x\")");
    let at = usize::try_from(report.findings[0].place.offset.unwrap()).unwrap();
    assert!(program[at..].starts_with(&protobuf::text(3, "save")));
    assert_eq!(rules(&scan("a", &paddle::program(&["py_func"]))), ["WB-PADDLE-ACT"]);
    assert_eq!(rules(&scan("a", &paddle::program(&["load_combine"]))), ["WB-PADDLE-READ"]);
}

#[test]
fn an_operator_that_nobody_knows_is_code_of_somebody_s_own() {
    assert_eq!(rules(&scan("a", &paddle::program(&["acme_run"]))), ["WB-PADDLE-CUSTOM"]);
    let training = paddle::program(&["matmul_v2", "matmul_v2_grad", "elementwise_add_grad", "sgd"]);
    assert_eq!(scan("a", &training).verdict(), Verdict::Clean);
}

#[test]
fn newer_programs_are_read_with_their_regions() {
    let report =
        scan("model.json", paddle::pir(&["p", "1.conv2d", "1.batch_norm_"], "").as_bytes());
    assert_eq!((report.verdict(), report.format.as_str()), (Verdict::Clean, "paddle"));
    for (name, rule) in [
        ("1.pylayer", "WB-PADDLE-ACT"),
        ("1.save_combine", "WB-PADDLE-ACT"),
        ("1.load_combine", "WB-PADDLE-READ"),
        ("3.acme_run", "WB-PADDLE-CUSTOM"),
        ("1.acme_run", "WB-PADDLE-CUSTOM"),
        ("acme", "WB-PADDLE-CUSTOM"),
    ] {
        let report = scan("model.json", paddle::pir(&["1.relu", name], "/etc/x").as_bytes());
        assert_eq!(rules(&report), [rule], "{name}");
        assert!(report.findings[0].evidence.ends_with("(\"/etc/x\")"), "{report:?}");
    }
    let inner = paddle::pir_region(&["2.yield", "1.save_combine"], "/etc/x");
    let outer =
        paddle::pir(&["1.if"], "").replace("\"A\":[]", &format!("\"regions\":[{inner}],\"A\":[]"));
    assert_eq!(rules(&scan("model.json", outer.as_bytes())), ["WB-PADDLE-ACT"]);
    let unnamed = paddle::pir(&["1.relu"], "").replace("\"#\":\"1.relu\"", "\"x\":1");
    assert_eq!(scan("model.json", unnamed.as_bytes()).verdict(), Verdict::Unknown);
}

#[test]
fn parameters_account_for_every_byte() {
    let parameters = paddle::parameters(&[&[2, 3], &[4], &[0]]);
    let report = scan("a.pdiparams", &parameters);
    assert_eq!((report.verdict(), report.format.as_str()), (Verdict::Clean, "paddle-params"));
    let cut = &parameters[..parameters.len() - 30];
    assert_eq!(scan("a.pdiparams", cut).verdict(), Verdict::Unknown);
    let more = [parameters, b"more".to_vec()].concat();
    assert_eq!(scan("a.pdiparams", &more).verdict(), Verdict::Unknown);
}

#[test]
fn numbers_beside_a_model_are_searched_for_programs() {
    let noise: Vec<u8> =
        (0..4096_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for name in ["model.onnx.data", "model.onnx_data", "variables.data-00000-of-00001"] {
        assert_eq!(scan(name, &noise).verdict(), Verdict::Clean, "{name}");
        let hidden = [&noise, pickle::calling("os", "system", "id").as_slice()].concat();
        assert_eq!(scan(name, &hidden).verdict(), Verdict::Dangerous, "{name}");
    }
    assert_eq!(scan("model.data", &noise).verdict(), Verdict::Unknown);
}

#[test]
fn the_index_of_a_checkpoint_is_known_by_both_of_its_ends() {
    let mut index = b"\0\0\x06\x08\x01\x1a\x02\x08\x01".to_vec();
    index.resize(index.len() + 40, 0);
    assert_eq!(scan("variables.index", &index).verdict(), Verdict::Unknown);
    index.extend(b"\x57\xfb\x80\x8b\x24\x75\x47\xdb");
    let report = scan("variables.index", &index);
    assert_eq!((report.verdict(), report.format.as_str()), (Verdict::Clean, "tf-checkpoint-index"));
}
