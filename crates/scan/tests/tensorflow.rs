//! TensorFlow's graphs: operations that reach beyond computing, and paths that nobody gave.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use weighbridge_domain::{ScanReport, Verdict};
use weighbridge_scan::samples::keras;
use weighbridge_scan::samples::protobuf::{bytes, text as field};
use weighbridge_scan::samples::tensorflow::{
    calling, calling_by, calling_with, constant, content, function, function_of, function_spread,
    graph, keras_metadata, meta_graph, meta_graph_with_asset, node, node_saying, packed,
    saved_model, saved_model_of_keras, text,
};
use weighbridge_scan::{Limits, scan_bytes};

fn scan(bytes: &[u8]) -> ScanReport {
    scan_as("saved_model.pb", bytes)
}

fn scan_as(name: &str, bytes: &[u8]) -> ScanReport {
    scan_bytes(&name.parse().unwrap(), bytes, &Limits::default())
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
    // Whoever trains reads their own files; what is served has none to read.
    let reads = |path| [text("path", path), node("do", "TextLineDataset", &["path"])];
    let trained = |path| scan_as("graph.meta", &meta_graph(&graph(&reads(path), &[])));
    assert_eq!(rules(&trained("/home/author/train.txt")), ["WB-TF-READ"]);
    assert_eq!(rules(&trained("/etc/passwd")), ["WB-TF-ACT"]);
    assert_eq!(rules(&in_model(&reads("/home/author/train.txt"), &[])), ["WB-TF-ACT"]);
    assert_eq!(rules(&in_model(&reads("train.txt"), &[])), ["WB-TF-READ"]);
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
    assert_eq!(rules(&in_model(&[content("g", &inner)], &[])), ["WB-TF-ACT"]);
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

#[test]
fn debugging_is_told_and_acts_where_it_names_an_address() {
    for op in ["DebugIdentity", "DebugIdentityV2", "DebugNanCount", "DebugNumericSummary"] {
        assert_eq!(rules(&in_model(&[node("d", op, &["x"])], &[])), ["WB-TF-REACH"], "{op}");
        for url in ["file:///tmp/x", "grpc://127.0.0.1:1"] {
            let nodes = [node_saying("d", op, "debug_urls", url)];
            assert_eq!(rules(&in_model(&nodes, &[])), ["WB-TF-ACT"], "{op}");
        }
    }
    let summary = node("d", "DebugNumericSummaryV2", &["x"]);
    assert_eq!(in_model(&[summary], &[]).verdict(), Verdict::Clean);
}

#[test]
fn other_attributes_do_not_hide_the_one_that_names_a_file() {
    let many: Vec<u8> = (0..200).flat_map(|_| field(2, "a")).collect();
    let print = node_saying("p", "PrintV2", "output_stream", "file:///tmp/x");
    let other = bytes(5, &[field(1, "_other"), bytes(2, &bytes(1, &many))].concat());
    assert_eq!(rules(&in_model(&[[other, print].concat()], &[])), ["WB-TF-ACT"]);
    // Of texts that come again the last one counts.
    let again = [many, field(2, "file:///tmp/x")].concat();
    let value = bytes(5, &[field(1, "output_stream"), bytes(2, &again)].concat());
    let print = [node("p", "PrintV2", &[]), value].concat();
    assert_eq!(rules(&in_model(&[print], &[])), ["WB-TF-ACT"]);
}

#[test]
fn what_reaches_beyond_the_graph_is_told() {
    for op in [
        "_Send",
        "Recv",
        "_HostSend",
        "CollectiveReduceV2",
        "TPUCompile",
        "XlaLaunch",
        "SummaryWriter",
        "WriteScalarSummary",
        "DeserializeIterator",
    ] {
        assert_eq!(rules(&in_model(&[node("n", op, &["x"])], &[])), ["WB-TF-REACH"], "{op}");
    }
    for op in ["ScalarSummary", "SparseTensorSliceDataset", "XlaCallModule", "TPUPartitionedCall"] {
        assert_eq!(in_model(&[node("n", op, &["x"])], &[]).verdict(), Verdict::Clean, "{op}");
    }
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
fn a_path_that_is_computed_before_it_is_handed_to_a_function_is_told() {
    let computed = [node("made", "TensorListGetItem", &["x"]), calling("call", "save", &["made"])];
    assert_eq!(rules(&in_model(&computed, &[saving("save")])), ["WB-TF-READ"]);

    // Through two functions, the other arguments being numbers.
    let inner = calling("inner", "save", &["where"]);
    let through = function_of("outer", &[("n", 1), ("where", 7)], &[inner]);
    let call = |inputs: &[&str]| calling("call", "outer", inputs);
    let odd = [node("made", "TensorListGetItem", &["x"]), node("n", "Relu", &["x"])];
    let functions = [through, saving("save")];
    let [made, number] = odd;
    let nodes = [made.clone(), number.clone(), call(&["n", "made"])];
    assert_eq!(rules(&in_model(&nodes, &functions)), ["WB-TF-READ"]);
    let nodes = [made, number, node("given", "Placeholder", &[]), call(&["made", "given"])];
    assert_eq!(in_model(&nodes, &functions).verdict(), Verdict::Clean);
}

#[test]
fn a_path_that_a_variable_keeps_is_followed_to_what_was_put_there() {
    let model = |value: Vec<u8>| {
        let nodes = [
            value,
            node("variable", "VarHandleOp", &[]),
            node("put", "AssignVariableOp", &["variable", "value"]),
            node("got", "ReadVariableOp", &["variable"]),
            calling("call", "fill", &["got"]),
        ];
        let fill = node("do", "InitializeTableFromTextFileV2", &["table", "path"]);
        in_model(&nodes, &[function("fill", "path", &[fill])])
    };
    assert_eq!(model(node("value", "Placeholder", &[])).verdict(), Verdict::Clean);
    assert_eq!(rules(&model(text("value", "/home/author/x"))), ["WB-TF-READ"]);
    assert_eq!(rules(&model(text("value", "/etc/passwd"))), ["WB-TF-PATH"]);
    assert_eq!(rules(&model(node("value", "TensorListGetItem", &["x"]))), ["WB-TF-READ"]);
}

#[test]
fn functions_that_branches_and_datasets_run_are_given_paths_too() {
    let run = |op, inputs: &[&str]| calling_by("run", op, "save", inputs);
    for (op, inputs) in [("If", ["x", "w"]), ("StatelessCase", ["x", "w"]), ("While", ["w", "x"])] {
        let report = in_model(&[text("w", "/etc/x"), run(op, &inputs)], &[saving("save")]);
        assert_eq!(rules(&report), ["WB-TF-PATH"], "{op}");
        let nodes = [node("w", "Placeholder", &[]), run(op, &inputs)];
        assert_eq!(in_model(&nodes, &[saving("save")]).verdict(), Verdict::Clean, "{op}");
    }
    let set = [node("set", "TensorSliceDataset", &["w"]), run("MapDataset", &["set"])];
    assert_eq!(rules(&in_model(&set, &[saving("save")])), ["WB-TF-READ"]);
    let harmless = function("save", "x", &[node("y", "Relu", &["x"])]);
    assert_eq!(in_model(&set, &[harmless]).verdict(), Verdict::Clean);
}

#[test]
fn the_types_of_a_call_tell_paths_from_numbers() {
    let call = |types| calling_with("call", "save", &["x", "n"], types);
    let function = function_of("save", &[("x", 7), ("n", 1)], &[node("s", "SaveV2", &["x", "n"])]);
    let made = node("x", "TensorListGetItem", &["l"]);
    let report = in_model(&[made.clone(), call(&[7, 1])], std::slice::from_ref(&function));
    assert_eq!(rules(&report), ["WB-TF-READ"]);
    let many = function_spread("save", "x", &[node("s", "SaveV2", &["x", "n"])]);
    assert_eq!(rules(&in_model(&[made, call(&[7, 7])], &[many])), ["WB-TF-READ"]);
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
