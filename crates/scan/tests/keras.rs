//! Keras models and the HDF5 files around them, one mechanism each, and what the reader says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::{hdf5, keras, pickle, zip};
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

/// A layer as Keras 3 writes it.
fn layer(module: &str, class: &str, config: &str) -> String {
    format!(r#"{{"module": "{module}", "class_name": "{class}", "config": {{{config}}}}}"#)
}

/// A function as Keras 3 writes it.
fn function(module: &str, name: &str) -> String {
    format!(r#"{{"module": "{module}", "class_name": "function", "config": "{name}"}}"#)
}

fn rules_of(extra: &str) -> Vec<String> {
    let config = keras::configuration(extra);
    let archive = scan("m.keras", &keras::archive(&config));
    let file = scan("m.h5", &hdf5::model(&config));
    assert_eq!(rules(&archive), rules(&file), "{extra}");
    rules(&file).into_iter().map(str::to_owned).collect()
}

#[test]
fn the_place_of_a_layer_is_told() {
    let report = scan("m.keras", &keras::archive(&keras::configuration(keras::lambda())));
    assert_eq!(report.format.as_str(), "keras");
    let [finding] = report.findings.as_slice() else { panic!("{report:?}") };
    assert_eq!(finding.place.member, "config.json");
    assert!(finding.evidence.starts_with("config.json.config.layers[1].config.function: code="));
    let bytes = hdf5::model(&keras::configuration(keras::lambda()));
    let report = scan("m.h5", &bytes);
    let [finding] = report.findings.as_slice() else { panic!("{report:?}") };
    assert!(finding.evidence.starts_with("model_config.config.layers[1]"), "{finding:?}");
    let at = usize::try_from(finding.place.offset.unwrap()).unwrap();
    assert!(bytes[at..].starts_with(br#"{"module": "keras""#));
}

#[test]
fn rows_of_pickled_objects_are_never_clean() {
    let report = scan("a.h5", &hdf5::rows_of_objects(&pickle::plain(4)));
    assert_eq!(rules(&report), ["WB-HDF5-OBJECTS"]);
    let report = scan("a.h5", &hdf5::rows_of_objects(&pickle::calling("os", "system", "id")));
    assert_eq!(report.verdict(), Verdict::Dangerous, "{report:?}");
    let other = hdf5::with_messages(&[hdf5::attribute("PSEUDOATOM", "vlstring")]);
    assert_eq!(scan("a.h5", &other).verdict(), Verdict::Clean);
}

#[test]
fn what_a_name_stands_for_decides() {
    for (extra, rule) in [
        (layer("os", "system", ""), "WB-KERAS-CALL"),
        (layer("keras.utils", "get_file", r#""origin": "http://a/b""#), "WB-KERAS-CALL"),
        (function("keras.models", "load_model"), "WB-KERAS-CALL"),
        (function("keras", "utils.get_file"), "WB-KERAS-CALL"),
        (function("builtins", "eval"), "WB-KERAS-CALL"),
        (function("acme.layers", "gate"), "WB-KERAS-CUSTOM"),
        (layer("acme.layers", "Gate", ""), "WB-KERAS-CUSTOM"),
        (r#"{"class_name": "Acme>Dense", "config": {}}"#.to_owned(), "WB-KERAS-CUSTOM"),
        (layer("keras.layers", "TFSMLayer", r#""filepath": "x""#), "WB-KERAS-PATH"),
        (layer("keras.layers", "StringLookup", r#""vocabulary": "/x""#), "WB-KERAS-PATH"),
        (layer("keras.layers", "TorchModuleWrapper", r#""module": "gAQ=""#), "WB-KERAS-TORCH"),
        (layer("keras.layers", "TFOpLambda", r#""function": "io.read_file""#), "WB-KERAS-CALL"),
        (
            layer("keras.layers", "TensorFlowOpLayer", r#""node_def": "{\"op\": \"ReadFile\"}""#),
            "WB-KERAS-CALL",
        ),
    ] {
        assert_eq!(rules_of(&extra), [rule], "{extra}");
    }
}

#[test]
fn lambda_layers_are_told_by_what_they_call() {
    let lambda = |config: &str| layer("keras.layers", "Lambda", config);
    for config in [
        r#""function": ["4wAA", null, null], "function_type": "lambda""#,
        r#""function": "my_function", "function_type": "function""#,
        r#""function": {"module": "keras.ops", "class_name": "function", "config": "abs"}, "mask": ["4wAA", null, null]"#,
    ] {
        assert_eq!(rules_of(&lambda(config)), ["WB-KERAS-LAMBDA"], "{config}");
    }
    let own = format!(r#""function": {}"#, function("acme", "f"));
    assert_eq!(rules_of(&lambda(&own)), ["WB-KERAS-CUSTOM", "WB-KERAS-LAMBDA"]);
    let known = format!(
        r#""function": {}, "output_shape": [null, 4], "mask": null, "arguments": {{}}"#,
        function("keras.ops", "abs")
    );
    assert_eq!(rules_of(&lambda(&known)), Vec::<String>::new());
}

#[test]
fn fields_that_come_twice_are_all_looked_at() {
    let twice = r#"{"module": "keras.layers", "module": "os", "class_name": "Dense", "class_name": "system", "config": {}}"#;
    assert!(rules_of(twice).contains(&"WB-KERAS-CALL".to_owned()));
}

#[test]
fn configurations_of_other_programs_are_none_of_keras() {
    let json = r#"{"steps": [{"class_name": "os.system", "config": {"module": "os"}}]}"#;
    assert_eq!(scan("config.json", json.as_bytes()).verdict(), Verdict::Clean);
    let inside = zip::of(&[("metadata.json", b"{}"), ("config.json", json.as_bytes())]);
    assert_eq!(scan("m.keras", &inside).verdict(), Verdict::Review);
}

#[test]
fn a_configuration_that_is_no_json_is_unknown() {
    let report = scan("m.h5", &hdf5::model("{\"class_name\": "));
    assert_eq!(report.verdict(), Verdict::Unknown);
}

#[test]
fn hdf5_that_leaves_the_file_is_told() {
    let link = hdf5::external_link("weights", "../other.h5", "/w");
    let report = scan("w.h5", &hdf5::with_messages(&[hdf5::attribute("a", "b"), link]));
    assert_eq!(rules(&report), ["WB-HDF5-EXTERNAL"]);
    assert_eq!(report.findings[0].evidence, "../other.h5:/w");
    assert_eq!(report.findings[0].message, "/weights is a link into another file");
    // A layout that is put together from other datasets; its sources cannot be read.
    let layout = (0x08, [&[4, 3][..], &[0; 12]].concat());
    assert_eq!(scan("w.h5", &hdf5::with_messages(&[layout])).verdict(), Verdict::Unknown);
}

#[test]
fn bytes_behind_the_end_of_the_file_are_told() {
    let mut file = hdf5::with_messages(&[hdf5::attribute("a", "b")]);
    file.extend([0; 100]);
    assert_eq!(scan("w.h5", &file).verdict(), Verdict::Clean);
    file.extend(b"more");
    assert_eq!(rules(&scan("w.h5", &file)), ["WB-HDF5-LAYOUT"]);
    file.extend(pickle::calling("os", "system", "id"));
    assert!(rules(&scan("w.h5", &file)).contains(&"WB-PICKLE-HIDDEN"));
}

#[test]
fn pickles_in_datasets_of_bytes_are_found() {
    let call = pickle::calling("os", "system", "id");
    for (class, size) in [(5, call.len()), (0, 1), (3, call.len())] {
        let report = scan("w.h5", &hdf5::with_messages(&hdf5::dataset(class, size, &call)));
        assert_eq!(rules(&report), ["WB-PICKLE-HIDDEN"], "{class}: {report:?}");
        let plain = hdf5::dataset(class, size, &pickle::plain(4));
        assert_eq!(scan("w.h5", &hdf5::with_messages(&plain)).verdict(), Verdict::Clean);
    }
    let numbers = hdf5::dataset(1, 4, &[7; 64]);
    assert_eq!(scan("w.h5", &hdf5::with_messages(&numbers)).verdict(), Verdict::Clean);
}

#[test]
fn pickles_that_pytables_would_load_are_read() {
    let call = pickle::calling_in(0, "os", "system", "id");
    let text = std::str::from_utf8(&call).unwrap();
    let report = scan("t.h5", &hdf5::with_messages(&[hdf5::attribute("title", text)]));
    assert_eq!(rules(&report), ["WB-PICKLE-CALL"]);
    assert_eq!(report.findings[0].place.member, "@title");
}

#[test]
fn what_is_not_understood_is_unknown() {
    for message in [
        (0x0c, vec![9; 40]),
        (0x11, vec![0; 16]),
        (0x06, vec![1, 8, 70, 1, b'x', 0, 0]),
        (0x15, [&[0, 0][..], &[0; 16]].concat()),
        (0x30, vec![0; 4]),
    ] {
        let report = scan("w.h5", &hdf5::with_messages(std::slice::from_ref(&message)));
        assert_eq!(report.verdict(), Verdict::Unknown, "{message:?}: {report:?}");
    }
}

#[test]
fn a_superblock_behind_other_bytes_is_found() {
    let link = hdf5::external_link("w", "/etc/passwd", "/x");
    let mut bytes = b"MATLAB 7.3 MAT-file".to_vec();
    bytes.resize(512, 0);
    bytes.extend(hdf5::with_messages(&[link]));
    assert_eq!(rules(&scan("m.mat", &bytes)), ["WB-HDF5-EXTERNAL"]);
}
