//! Documents that hold data, and lists that name code: `MessagePack`, UBJSON, skops, model archives.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::{documents, pickle, tables, zip};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(name: &str, bytes: &[u8]) -> ScanReport {
    scan_bytes(&name.parse().unwrap(), bytes, &Limits::default())
}

fn rules(report: &ScanReport) -> Vec<&str> {
    let mut rules: Vec<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
    rules.dedup();
    rules
}

#[test]
fn data_is_known_by_its_structure_and_not_by_its_name() {
    for (name, bytes, word) in [
        ("weights.bin", documents::flax(), "msgpack"),
        ("flax_model.msgpack", documents::flax(), "msgpack"),
        ("model.bin", documents::ubjson(), "ubjson"),
        ("model", documents::skops("ListNode", "builtins", "list", ""), "skops"),
    ] {
        let report = scan(name, &bytes);
        assert_eq!(
            (report.verdict(), report.format.as_str()),
            (Verdict::Clean, word),
            "{report:?}"
        );
    }
}

#[test]
fn arrays_of_objects_in_msgpack_are_pickles() {
    let call = pickle::calling("os", "system", "id");
    let report = scan("x.msgpack", &documents::objects(&call));
    assert_eq!(rules(&report), ["WB-PICKLE-CALL"]);
    assert_eq!(report.findings[0].place.member, "bytes at 33");
    let plain = scan("x.msgpack", &documents::objects(&pickle::plain(4)));
    assert_eq!(plain.verdict(), Verdict::Clean);
}

#[test]
fn a_byte_string_that_would_act_is_told_wherever_it_stands() {
    let call = pickle::calling_in(4, "os", "system", "id");
    let mut bytes = vec![0x81, 0xa1, b'w', 0xc4, u8::try_from(call.len()).unwrap()];
    bytes.extend(&call);
    assert_eq!(rules(&scan("x.msgpack", &bytes)), ["WB-PICKLE-HIDDEN"]);
}

#[test]
fn lengths_and_depths_that_do_not_fit_are_unknown() {
    for bytes in [
        b"\x81\xa1w\xc6\xff\xff\xff\xff".as_slice(),
        b"\xdf\xff\xff\xff\xff\xa1w",
        b"\x81\xa1w\xc7\x01\x09\x00",
        &[b"\x81\xa1w".as_slice(), &[0x91; 500], b"\x00"].concat(),
    ] {
        assert_eq!(scan("x.msgpack", bytes).verdict(), Verdict::Unknown, "{bytes:?}");
    }
    for bytes in [
        b"{L\0\0\0\0\0\0\0\x01a[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff".as_slice(),
        b"{L\0\0\0\0\0\0\0\x01aSL\xff\xff\xff\xff\xff\xff\xff\xff",
        &[b"{L\0\0\0\0\0\0\0\x01a".as_slice(), &[b'['; 500]].concat(),
    ] {
        assert_eq!(scan("x.ubj", bytes).verdict(), Verdict::Unknown, "{bytes:?}");
    }
}

#[test]
fn every_node_of_skops_is_judged_by_what_it_does_with_a_name() {
    for (loader, module, class, more, wanted) in [
        ("ObjectNode", "sklearn.svm._classes", "SVC", "", None),
        ("FunctionNode", "numpy", "log1p", "", None),
        ("FunctionNode", "scipy.special._special_ufuncs", "expit", "", None),
        ("TypeNode", "numpy", "float64", "", None),
        ("BytearrayNode", "builtins", "bytearray", r#""file": "x.bin","#, None),
        ("BytesNode", "builtins", "bytes", r#""file": "x.bin","#, None),
        ("BytearrayNode", "os", "system", "", Some("WB-SKOPS-CALL")),
        ("ObjectNode", "acme.models", "Net", "", Some("WB-SKOPS-UNLISTED")),
        ("NewNode", "builtins", "list", "", Some("WB-SKOPS-UNLISTED")),
        ("FunctionNode", "os", "system", "", Some("WB-SKOPS-CALL")),
        ("ListNode", "builtins", "exec", "", Some("WB-SKOPS-CALL")),
        ("TypeNode", "subprocess", "Popen", "", Some("WB-SKOPS-CALL")),
        ("TypeNode", "random", "_os.system", "", Some("WB-SKOPS-CALL")),
        (
            "OperatorFuncNode",
            "operator",
            "methodcaller",
            r#""attrs": ["x"],"#,
            Some("WB-SKOPS-CALL"),
        ),
    ] {
        let report = scan("m.skops", &documents::skops(loader, module, class, more));
        let found = report.findings.first().map(|finding| finding.rule.as_str());
        assert_eq!(found, wanted, "{loader} {module}.{class}: {report:?}");
        if wanted.is_some() {
            assert_eq!(report.findings[0].place.member, "schema.json");
            assert!(report.findings[0].place.offset.is_some());
        }
    }
}

#[test]
fn methods_and_generators_are_attributes_that_the_file_names() {
    let method = |function: &str, owner: &str| {
        let schema = format!(
            r#"{{"__class__": "Ridge", "__module__": "sklearn.linear_model._ridge", "__loader__": "MethodNode",
            "content": {{"func": "{function}", "obj": {{"__class__": "{owner}",
            "__module__": "sklearn.linear_model._ridge", "__loader__": "ObjectNode"}}}}, "protocol": 2}}"#
        );
        scan("m.skops", &zip::of(&[("schema.json", schema.as_bytes())]))
    };
    assert_eq!(method("predict", "Ridge").verdict(), Verdict::Clean);
    assert_eq!(rules(&method("__init__", "Ridge")), ["WB-SKOPS-CALL"]);
    assert_eq!(rules(&method("predict", "RidgeCV")), ["WB-SKOPS-CALL"]);
    let generator = |name: &str| {
        let schema = format!(
            r#"{{"__class__": "Generator", "__module__": "numpy.random._generator",
            "__loader__": "RandomGeneratorNode", "content": {{"bit_generator": {{"__class__": "dict",
            "__module__": "builtins", "__loader__": "DictNode", "content": {{"bit_generator":
            {{"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode",
            "content": "\"{name}\""}}}}}}}}, "protocol": 2}}"#
        );
        scan("m.skops", &zip::of(&[("schema.json", schema.as_bytes())]))
    };
    assert_eq!(generator("PCG64").verdict(), Verdict::Clean);
    assert_eq!(rules(&generator("test")), ["WB-SKOPS-CALL"]);
}

#[test]
fn a_model_archive_runs_what_its_manifest_names() {
    let code: &[(&str, &[u8])] = &[("serve.py", b"x = 1\n")];
    for (handler, wanted) in [
        ("text_classifier", None),
        ("serve.py", Some("WB-MAR-CODE")),
        ("serve", Some("WB-MAR-CODE")),
        ("serve.py:handle", Some("WB-MAR-CODE")),
        ("../../serve.py", Some("WB-ARCHIVE-NAME")),
    ] {
        let report = scan("m.mar", &documents::mar(handler, code));
        let found = report.findings.first().map(|finding| finding.rule.as_str());
        assert_eq!(found, wanted, "{handler}: {report:?}");
    }
}

#[test]
fn pickled_objects_in_columns_are_looked_for() {
    let call = pickle::calling("os", "system", "id");
    let table = |name: &str| [tables::stream(name, b""), vec![0; 9], call.clone()].concat();
    let report = scan("data", &table("ray.data.arrow_pickled_object"));
    assert_eq!(rules(&report), ["WB-ARROW-OBJECTS", "WB-PICKLE-HIDDEN"], "{report:?}");
    let plain = [tables::stream("ray.data.arrow_pickled_object", b""), pickle::plain(4)].concat();
    assert_eq!(rules(&scan("data", &plain)), ["WB-ARROW-OBJECTS"]);
}

#[test]
fn pickled_types_of_columns_are_run_through_the_machine() {
    let call = pickle::calling_in(4, "os", "system", "id");
    for write in [tables::stream, tables::file, tables::parquet] {
        let report = scan("data", &write("arrow.py_extension_type", &call));
        assert_eq!(rules(&report), ["WB-ARROW-PICKLE", "WB-PICKLE-CALL"], "{report:?}");
        assert_eq!(report.findings[1].place.member, "weight ARROW:extension:metadata");
        let report = scan("data", &write("acme.unit", &call));
        assert_eq!(rules(&report), ["WB-PICKLE-HIDDEN"]);
        let report = scan("data", &write("ray.data.arrow_pickled_object", b""));
        assert_eq!(rules(&report), ["WB-ARROW-OBJECTS"]);
        let report = scan("data", &write("arrow.fixed_shape_tensor", b"{\"shape\": [2, 2]}"));
        assert_eq!(report.verdict(), Verdict::Clean, "{report:?}");
    }
}
