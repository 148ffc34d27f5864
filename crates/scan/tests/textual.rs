//! Graphs in the text format of Protocol Buffers, which go through the readers of their binary forms.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::{tensorflow, textual};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(name: &str, text: &str) -> ScanReport {
    scan_bytes(&name.parse().unwrap(), text.as_bytes(), &Limits::default())
}

fn rules(report: &ScanReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

fn reading() -> String {
    textual::text("path", "/etc/passwd") + &textual::node("do", "ReadFile", &["path"])
}

#[test]
fn what_acts_is_told_with_its_place_in_the_text() {
    let model = textual::saved_model(&textual::graph(&[reading()]));
    for name in ["saved_model.pbtxt", "graph", "a.textproto", "a.cfg"] {
        let report = scan(name, &model);
        assert_eq!((rules(&report), report.format.as_str()), (vec!["WB-TF-ACT"], "tf-saved-model"));
        assert_eq!(report.findings[0].evidence, "ReadFile(\"/etc/passwd\")");
        let at = usize::try_from(report.findings[0].place.offset.unwrap()).unwrap();
        assert!(model[at..].starts_with("op: \"ReadFile\""), "{}", &model[at..]);
    }
}

#[test]
fn graphs_that_compute_are_clean_in_every_way_of_writing() {
    let graph = textual::graph(&[textual::node("y", "Relu", &["x"])]);
    for (text, format) in [
        (graph.clone(), "tf-graph"),
        (textual::saved_model(&graph), "tf-saved-model"),
        (format!("meta_info_def {{ tags: 'train' }} graph_def: <{graph}>"), "tf-meta-graph"),
        (textual::onnx("", "Relu", "w.bin"), "onnx"),
        (
            "# a graph\nnode: [{name:'y';op:'Re' \"lu\",input:['a','b']}, <name: 'z' op: 'Relu'>]"
                .to_owned(),
            "tf-graph",
        ),
    ] {
        let report = scan("a.pbtxt", &text);
        let found = (report.verdict(), report.format.as_str());
        assert_eq!(found, (Verdict::Clean, format), "{text}: {report:?}");
    }
}

#[test]
fn operations_are_found_however_they_are_written() {
    for text in [
        "node { op: 'Read' \"File\" name: 'a' }",
        "node: <name: 'a' op: '\\x52ead\\106ile'>",
        "node [{ name: 'y' op: 'Relu' }, { name: 'a' # }\n op: 'ReadFile' }]",
        "versions { min_consumer: 1 } library { function { signature { name: 'f' } node_def { op: 'ReadFile' } } }",
    ] {
        let report = scan("graph.pbtxt", text);
        assert_eq!(rules(&report), ["WB-TF-ACT"], "{text}: {report:?}");
    }
    let inner = tensorflow::graph(&[tensorflow::node("do", "WriteFile", &[])], &[]);
    let octal: Vec<String> = inner.iter().map(|byte| format!("\\{byte:03o}")).collect();
    let nested = textual::graph(&[textual::text("graph", &octal.concat())]);
    assert_eq!(rules(&scan("graph.pbtxt", &nested)), ["WB-TF-ACT"]);
    for (domain, operator, location, rule) in [
        ("ai.onnx.contrib", "PyOp", "w.bin", "WB-ONNX-CODE"),
        ("acme", "Run", "w.bin", "WB-ONNX-CUSTOM-OP"),
        ("", "Relu", "../../etc/passwd", "WB-ONNX-PATH"),
    ] {
        let text = textual::onnx(domain, operator, location);
        assert_eq!(rules(&scan("model.textproto", &text)), [rule]);
    }
}

#[test]
fn what_is_not_understood_is_unknown() {
    let node = "node { name: 'y' op: 'Relu' }\n";
    for end in [
        "node { name: 'y",
        "node { name: 'y' op: 'Relu'",
        "acme: 1",
        "node { acme: 'x' }",
        "node { [acme.more]: 1 }",
        "node { op: '\\q' }",
        "}",
        "node 1",
    ] {
        assert_eq!(scan("a.pbtxt", &format!("{node}{end}")).verdict(), Verdict::Unknown, "{end}");
    }
    let deep = "node { name: 'a' attr { value { func { attr { value { list { func { ".repeat(30);
    assert_eq!(scan("a.pbtxt", &format!("{node}{deep}")).verdict(), Verdict::Unknown);
    assert_eq!(scan("saved_model.pbtxt", "anything").verdict(), Verdict::Unknown);
    let syntax = "<\n  ir_version: 8, opset_import: [\"\" : 17]\n>\nagraph (float[N] x) => (float[N] y) { y = Relu(x) }";
    assert_eq!(scan("a.onnxtxt", syntax).verdict(), Verdict::Unknown);
    let json = r#"{"irVersion": "8", "graph": {"node": []}, "opsetImport": []}"#;
    assert_eq!(scan("model.json", json).verdict(), Verdict::Unknown);
}

#[test]
fn other_texts_stay_texts() {
    for (name, text) in [
        ("label_map.pbtxt", "item {\n  id: 1\n  name: 'person'\n}\n"),
        (
            "config.pbtxt",
            "name: \"m\"\nplatform: \"onnxruntime_onnx\"\ninput [ { name: \"x\" dims: [ 1 ] } ]\n",
        ),
        ("a.dot", "graph { a -- b; node [shape=box]; }"),
        ("a.dot", "graph {\n  node [shape=box]; name [label=x] }"),
        ("compose", "version: \"3\"\nservices:\n  a: 1\n"),
        ("mediapipe.pbtxt", "node {\n  calculator: \"A\"\n  input_stream: \"x\"\n}\n"),
        ("notes", "node {not: a graph\n"),
        ("net.prototxt", "name: 'net'\nlayer { name: 'x' type: 'ReLU' }\n"),
    ] {
        let report = scan(name, text);
        let found = (report.verdict(), report.format.as_str());
        assert_eq!(found, (Verdict::Clean, "text"), "{name}: {report:?}");
    }
}
