//! TensorFlow's graphs: operations that reach beyond computing, and paths that nobody gave.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::keras;
use weighbridge_scan::samples::protobuf::{bytes, text as field};
use weighbridge_scan::samples::tensorflow::{
    calling, constant, function, graph, keras_metadata, meta_graph, meta_graph_with_asset, node,
    node_saying, packed, saved_model, saved_model_of_keras, text,
};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(bytes: &[u8]) -> ScanReport {
    scan_bytes(&"saved_model.pb".parse().unwrap(), bytes, &Limits::default())
}

fn rules(report: &ScanReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

fn in_model(nodes: &[Vec<u8>], functions: &[Vec<u8>]) -> ScanReport {
    scan(&saved_model(&graph(nodes, functions)))
}

fn reading() -> [Vec<u8>; 2] {
    [text("path", "/etc/passwd"), node("do", "ReadFile", &["path:0"])]
}

#[test]
fn an_operation_that_acts_is_told_with_its_place_and_what_it_is_given() {
    let model = saved_model(&graph(&reading(), &[]));
    let report = scan(&model);
    assert_eq!(rules(&report), ["WB-TF-ACT"]);
    assert_eq!(report.findings[0].evidence, "ReadFile(\"/etc/passwd\")");
    let at = usize::try_from(report.findings[0].place.offset.unwrap()).unwrap();
    assert!(model[at..].starts_with(&field(2, "ReadFile")));
    for op in ["WriteFile", "MatchingFiles", "PyFunc", "EagerPyFunc", "ImmutableConst", "RpcClient"]
    {
        assert_eq!(rules(&in_model(&[node("do", op, &[])], &[])), ["WB-TF-ACT"], "{op}");
    }
    for op in ["TFRecordDataset", "TextLineDataset"] {
        assert_eq!(rules(&in_model(&[node("do", op, &[])], &[])), ["WB-TF-READ"], "{op}");
    }
}

#[test]
fn every_kind_of_file_is_recognised_by_its_content() {
    let plain = graph(&[node("y", "Relu", &["x"])], &[]);
    let named = |name: &str, bytes: &[u8]| {
        let report = scan_bytes(&name.parse().unwrap(), bytes, &Limits::default());
        (report.verdict(), report.format.as_str().to_owned())
    };
    for (bytes, word) in [
        (saved_model(&plain), "tf-saved-model"),
        (meta_graph(&plain), "tf-meta-graph"),
        (plain, "tf-graph"),
    ] {
        for name in ["x", "a.pb", "weights.bin", "tokenizer.model"] {
            assert_eq!(named(name, &bytes), (Verdict::Clean, word.to_owned()), "{name}");
        }
    }
    assert_eq!(named("fingerprint.pb", b"\x08\x01"), (Verdict::Clean, "tf-fingerprint".to_owned()));
    assert_eq!(named("other.pb", b"\x08\x01").0, Verdict::Unknown);
}

#[test]
fn functions_and_graphs_in_texts_are_walked() {
    let inner = graph(&reading(), &[]);
    assert_eq!(rules(&in_model(&[], &[function("f", "x", &reading())])), ["WB-TF-ACT"]);
    assert_eq!(rules(&in_model(&[constant("g", &inner)], &[])), ["WB-TF-ACT"]);
    let twice = graph(&[constant("g", &inner)], &[]);
    assert_eq!(rules(&in_model(&[constant("g", &twice)], &[])), ["WB-TF-ACT"]);
    assert_eq!(rules(&in_model(&[packed("g", &[b"a", &inner])], &[])), ["WB-TF-ACT"]);
}

#[test]
fn graphs_in_graphs_end_at_a_budget() {
    let mut inner = graph(&[node("y", "Relu", &["x"])], &[]);
    for _ in 0..12 {
        inner = graph(&[constant("g", &inner)], &[]);
    }
    let report = scan(&inner);
    assert_eq!(report.verdict(), Verdict::Unknown);
    assert!(report.unexamined[0].why.contains("the budget of"), "{report:?}");
}

#[test]
fn printing_is_harmless_until_it_goes_to_a_file() {
    let to = |stream| in_model(&[node_saying("p", "PrintV2", "output_stream", stream)], &[]);
    assert_eq!(to("stderr").verdict(), Verdict::Clean);
    assert_eq!(to("log(info)").verdict(), Verdict::Clean);
    assert_eq!(rules(&to("file:///tmp/x")), ["WB-TF-ACT"]);
}

/// What TensorFlow 2 writes into every saved model.
fn saving(name: &str) -> Vec<u8> {
    function(
        name,
        "file_prefix",
        &[
            text("Const", "_temp/part"),
            node("Joined", "StringJoin", &["file_prefix", "Const:output:0"]),
            node(
                "Shard",
                "ShardedFilename",
                &["Joined:output:0", "index:output:0", "count:output:0"],
            ),
            node("Save", "SaveV2", &["Shard:filename:0", "names:output:0"]),
            node("Prefixes", "Pack", &["Shard:filename:0", "^Save"]),
            node("Merge", "MergeV2Checkpoints", &["Prefixes:output:0", "file_prefix"]),
        ],
    )
}

#[test]
fn saving_where_the_loader_says_is_what_every_model_does() {
    let call = calling("call", "save", &["saver_filename"]);
    let given = node("saver_filename", "Placeholder", &[]);
    assert_eq!(in_model(&[given, call.clone()], &[saving("save")]).verdict(), Verdict::Clean);

    // The objects of a model are an argument as well, and no path.
    let objects = [node("given", "Placeholder", &[]), text("objects", "/a\0b")];
    let call_with = calling("call", "save", &["given", "objects"]);
    let [given, objects] = objects;
    let report = in_model(&[given, objects, call_with], &[saving("save")]);
    assert_eq!(report.verdict(), Verdict::Clean, "{report:?}");

    let fixed = [text("saver_filename", "/home/user/.profile"), call];
    let report = in_model(&fixed, &[saving("save")]);
    assert_eq!(rules(&report), ["WB-TF-PATH"]);

    let through = function("outer", "where", &[calling("inner", "save", &["where"])]);
    let fixed = [text("w", "../../x"), calling("call", "outer", &["w"])];
    assert_eq!(rules(&in_model(&fixed, &[through, saving("save")])), ["WB-TF-PATH"]);
}

#[test]
fn older_savers_name_a_file_beside_the_model() {
    let saver = |path| {
        in_model(
            &[
                text("save/filename/input", path),
                node("save/filename", "PlaceholderWithDefault", &["save/filename/input"]),
                node("save/Const", "PlaceholderWithDefault", &["save/filename"]),
                node("save/RestoreV2", "RestoreV2", &["save/Const", "names", "slices"]),
                node("save/Save", "SaveSlices", &["save/Const", "names"]),
            ],
            &[],
        )
    };
    assert_eq!(saver("model").verdict(), Verdict::Clean);
    assert_eq!(rules(&saver("/etc/x")), ["WB-TF-PATH", "WB-TF-PATH"]);
    let computed = in_model(&[node("r", "RestoreV2", &["decoded"])], &[]);
    assert_eq!(rules(&computed), ["WB-TF-READ"]);
}

#[test]
fn tables_are_filled_from_files_of_the_model() {
    let nodes = [
        text("vocabulary", "/home/author/vocab.txt"),
        node("table", "HashTableV2", &[]),
        node("fill", "InitializeTableFromTextFileV2", &["table", "vocabulary"]),
    ];
    let graph = graph(&nodes, &[]);
    assert_eq!(rules(&scan(&meta_graph(&graph))), ["WB-TF-READ"]);
    let own = meta_graph_with_asset(&graph, "vocabulary", "vocab.txt");
    assert_eq!(scan(&own).verdict(), Verdict::Clean);
    let outside = meta_graph_with_asset(&graph, "vocabulary", "../../etc/passwd");
    assert_eq!(rules(&scan(&outside)), ["WB-TF-PATH"]);
}

#[test]
fn an_operation_that_nobody_knows_is_code_of_somebody_s_own() {
    assert_eq!(rules(&in_model(&[node("x", "AcmeRun", &[])], &[])), ["WB-TF-CUSTOM-OP"]);
    let own = function("AcmeRun", "x", &[node("y", "Relu", &["x"])]);
    assert_eq!(in_model(&[node("x", "AcmeRun", &[])], &[own]).verdict(), Verdict::Clean);
}

#[test]
fn what_keras_keeps_beside_a_graph_is_looked_into() {
    let lambda = keras::metadata("Lambda", keras::older_lambda());
    let dense = keras::metadata("Dense", r#", "units": 2, "activation": "relu""#);
    let plain = graph(&[node("y", "Relu", &["x"])], &[]);
    for bytes in
        [saved_model_of_keras(&plain, &[&dense, &lambda]), keras_metadata(&[&dense, &lambda])]
    {
        let report = scan(&bytes);
        assert_eq!(rules(&report), ["WB-KERAS-LAMBDA"]);
        let at = usize::try_from(report.findings[0].place.offset.unwrap()).unwrap();
        assert!(bytes[at..].starts_with(lambda.as_bytes()));
    }
    let report = scan(&keras_metadata(&[&dense]));
    assert_eq!((report.verdict(), report.format.as_str()), (Verdict::Clean, "keras-metadata"));
}

#[test]
fn a_class_that_keras_makes_anew_from_the_graph_is_nobody_s_code() {
    let scan_both = |metadata: &str| {
        let file = scan(&keras_metadata(&[metadata]));
        let plain = graph(&[node("y", "Relu", &["x"])], &[]);
        assert_eq!(rules(&file), rules(&scan(&saved_model_of_keras(&plain, &[metadata]))));
        file
    };
    let own = keras::metadata(
        "AcmeGate",
        r#", "optimizer": {"class_name": "Custom>Adam", "config": {}}"#,
    );
    assert_eq!(scan_both(&own).verdict(), Verdict::Clean);
    assert_eq!(scan_both("no metadata of Keras'").verdict(), Verdict::Clean);
    let imported = r#", "x": {"module": "acme.nets", "class_name": "Gate", "config": {}}"#;
    assert_eq!(rules(&scan_both(&keras::metadata("Dense", imported))), ["WB-KERAS-CUSTOM"]);
    let acts = r#", "x": {"module": "os", "class_name": "function", "config": "system"}"#;
    assert_eq!(rules(&scan_both(&keras::metadata("Dense", acts))), ["WB-KERAS-CALL"]);
    assert_eq!(scan_both("{\"class_name\": ").verdict(), Verdict::Unknown);
}

#[test]
fn what_no_table_knows_is_not_examined() {
    let mut bytes = saved_model(&graph(&[node("y", "Relu", &["x"])], &[]));
    bytes.extend(field(77, "x"));
    assert_eq!(scan(&bytes).verdict(), Verdict::Unknown);
    let cut = saved_model(&graph(&reading(), &[]));
    assert_eq!(rules(&scan(&cut[..cut.len() - 3])), ["WB-TF-ACT"]);
}

#[test]
fn a_graph_that_is_split_into_two_is_still_one() {
    let plain = graph(&[node("y", "Relu", &["x"])], &[]);
    let mut bytes = meta_graph(&plain);
    bytes.extend(bytes_of_graph());
    assert_eq!(rules(&scan(&bytes)), ["WB-TF-ACT"]);
}

fn bytes_of_graph() -> Vec<u8> {
    bytes(2, &graph(&reading(), &[]))
}
