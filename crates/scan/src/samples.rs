//! Small files of every format, harmless ones and hostile ones, made by generators: for tests and
//! fuzzing. Nothing here is ever run; the hostile ones name commands as bytes.

pub mod coreml;
pub mod documents;
pub mod flat;
pub mod gguf;
pub mod hdf5;
pub mod held;
pub mod joblib;
pub mod keras;
pub mod models;
pub mod npy;
pub mod onnx;
pub mod packed;
pub mod paddle;
pub mod pickle;
pub mod protobuf;
pub mod safetensors;
pub mod seven_zip;
pub mod tables;
pub mod tar;
pub mod tensorflow;
pub mod textual;
pub mod tfrecord;
pub mod torch;
pub mod zip;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use weighbridge_domain::Verdict;

/// One file and what a scan has to say about it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The name it lies under.
    pub path: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The verdict it has to get.
    pub verdict: Verdict,
    /// What is dangerous about it is complete with so many bytes from its start. Cut before, it may be
    /// harmless text; 0 when no part of it is ever clean.
    pub danger_ends: usize,
}

/// One file, compressed.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    encoder.write_all(content).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// Every sample.
pub fn all() -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut add = |path, bytes: Vec<u8>, verdict| {
        samples.push(Sample { path, bytes, verdict, danger_ends: 0 });
    };
    for protocol in 0..=5 {
        add("plain.pkl", pickle::plain(protocol), Verdict::Clean);
        let call = pickle::calling_in(protocol, "os", "system", "id");
        add("call.pkl", call.clone(), Verdict::Dangerous);
        add("call.safetensors", call, Verdict::Dangerous);
    }
    add("unknown.pkl", pickle::making("acme.nets", "Net"), Verdict::Review);
    add("legacy.pt", torch::legacy(), Verdict::Clean);
    add("model.bin", torch::archive(&[("w", &[2, 2]), ("b", &[2])]), Verdict::Clean);
    add("model.bin", torch::archive_calling("os", "system", "id"), Verdict::Dangerous);
    add("plain.zip", zip::of(&[("a.txt", b"text"), ("b/c.json", b"{}")]), Verdict::Clean);
    let call = pickle::calling("os", "system", "id");
    add("deflated.zip", zip::deflated(&[("a.txt", b"text"), ("x", &call)]), Verdict::Dangerous);
    let inner = zip::deflated(&[("x.pkl", &call)]);
    add("nested.zip", zip::of(&[("inner.zip", &inner)]), Verdict::Dangerous);
    let tensors: &[(&str, &str, &[u64])] = &[("w", "F32", &[2, 2]), ("b", "BF16", &[3])];
    add("model.safetensors", safetensors::file(tensors), Verdict::Clean);
    let mut trailing = safetensors::file(tensors);
    trailing.extend(&call);
    add("trailing.safetensors", trailing, Verdict::Dangerous);
    add("model.gguf", gguf::minimal(), Verdict::Clean);
    let escape = gguf::with_template("{{ ''.__class__.__mro__ }}");
    add("model.gguf", escape, Verdict::Dangerous);
    let listed = gguf::with_templates(&["{{ messages }}", "{{ ''.__class__.__mro__ }}"]);
    add("listed.gguf", listed, Verdict::Dangerous);
    add("model.onnx", onnx::model(&[onnx::node("", "Relu")], &[]), Verdict::Clean);
    let outside = onnx::tensor_at(&[("location", "../../etc/passwd")]);
    add("model.onnx", onnx::model(&[onnx::node("", "Relu")], &[outside]), Verdict::Dangerous);
    let python = onnx::node("ai.onnx.contrib", "PyOp");
    add("python.onnx", onnx::model(&[python], &[]), Verdict::Dangerous);
    add("own.onnx", onnx::model(&[onnx::node("acme", "Run")], &[]), Verdict::Review);
    let compute = tensorflow::node("y", "Relu", &["x"]);
    // What acts comes first: the start of a graph is a graph as well.
    let write =
        [tensorflow::node("w", "WriteFile", &["path", "path"]), tensorflow::text("path", "/tmp/x")];
    let graph = tensorflow::graph(&[compute], &[]);
    let writing = tensorflow::graph(&write, &[]);
    add("saved_model.pb", tensorflow::saved_model(&graph), Verdict::Clean);
    add("saved_model.pb", tensorflow::saved_model(&writing), Verdict::Dangerous);
    add("frozen.pb", writing, Verdict::Dangerous);
    add("model.meta", tensorflow::meta_graph(&graph), Verdict::Clean);
    let compute = textual::graph(&[textual::node("y", "Relu", &["x"])]);
    add("graph.pbtxt", compute.clone().into_bytes(), Verdict::Clean);
    add("saved_model.pbtxt", textual::saved_model(&compute).into_bytes(), Verdict::Clean);
    let write = textual::text("path", "/tmp/x") + &textual::node("w", "WriteFile", &["path"; 2]);
    let write = textual::saved_model(&textual::graph(&[write]));
    add("saved_model.pbtxt", write.into_bytes(), Verdict::Dangerous);
    add("onnx.pbtxt", textual::onnx("", "Relu", "w.bin").into_bytes(), Verdict::Clean);
    let of_lambda = keras::metadata("Lambda", keras::older_lambda());
    let of_dense = keras::metadata("Dense", ", \"units\": 2");
    let older = tensorflow::saved_model_of_keras(&graph, &[&of_dense]);
    add("saved_model.pb", older, Verdict::Clean);
    let older = tensorflow::saved_model_of_keras(&graph, &[&of_lambda]);
    add("saved_model.pb", older, Verdict::Dangerous);
    add("keras_metadata.pb", tensorflow::keras_metadata(&[&of_dense]), Verdict::Clean);
    add("keras_metadata.pb", tensorflow::keras_metadata(&[&of_lambda]), Verdict::Dangerous);
    let lambda = keras::configuration(keras::lambda());
    let plain = keras::configuration("");
    add("model.h5", hdf5::model(&plain), Verdict::Clean);
    add("model.h5", hdf5::model(&lambda), Verdict::Dangerous);
    add("w.h5", hdf5::with_messages(&[hdf5::attribute("x", "y")]), Verdict::Clean);
    let link = hdf5::external_link("w", "/etc/passwd", "/x");
    add("w.h5", hdf5::with_messages(&[link]), Verdict::Dangerous);
    add("rows.h5", hdf5::rows_of_objects(&pickle::plain(4)), Verdict::Review);
    add("rows.h5", hdf5::rows_of_objects(&call), Verdict::Dangerous);
    add("m.keras", keras::archive(&plain), Verdict::Clean);
    add("m.keras", keras::archive(&lambda), Verdict::Dangerous);
    add("model.json", lambda.into_bytes(), Verdict::Dangerous);
    add("model.tflite", flat::tflite(&[(0, "", b"")]), Verdict::Clean);
    add("model.tflite", flat::tflite(&[(32, "FlexWriteFile", b"")]), Verdict::Dangerous);
    add("model.pte", flat::executorch(&["aten::add"], &["XnnpackBackend"]), Verdict::Clean);
    add("other.pte", flat::executorch(&["acme::run"], &[]), Verdict::Review);
    add("model.mlmodel", coreml::network(&[coreml::layer(140)]), Verdict::Clean);
    add("custom.mlmodel", coreml::network(&[coreml::custom("Acme")]), Verdict::Review);
    add("outside.mlmodel", coreml::program("@model_path/../../w.bin"), Verdict::Dangerous);
    add("model.pdmodel", paddle::program(&["feed", "conv2d"]), Verdict::Clean);
    add("own.pdmodel", paddle::program(&["feed", "acme_run"]), Verdict::Review);
    let program = paddle::pir(&["1.conv2d", "1.save_combine"], "/tmp/x").into_bytes();
    add("pir.json", program, Verdict::Dangerous);
    let program = paddle::pir(&["p", "1.conv2d", "2.yield"], "").into_bytes();
    add("pir.json", program, Verdict::Clean);
    add("model.pdiparams", paddle::parameters(&[&[2, 3], &[4]]), Verdict::Clean);
    add("a.npy", npy::array(), Verdict::Clean);
    add("a.npy", npy::objects(&call), Verdict::Dangerous);
    add("a.joblib", joblib::array(&[0; 32]), Verdict::Clean);
    add("a.joblib", joblib::objects(&pickle::plain(3)), Verdict::Clean);
    add("objects.joblib", joblib::objects(&call), Verdict::Dangerous);
    add("plain.tar", tar::of(&[("a.txt", b"text"), ("b.json", b"{}")]), Verdict::Clean);
    add("call.tar", tar::of(&[("a.txt", b"text"), ("b.pkl", &call)]), Verdict::Dangerous);
    add("data.csv.gz", gzip(b"a,b\n1,2\n"), Verdict::Clean);
    add("model.pkl.gz", gzip(&call), Verdict::Dangerous);
    add("data.csv.zst", packed::zstd(b"a,b\n1,2\n"), Verdict::Clean);
    add("model.pkl.zst", packed::zstd(&call), Verdict::Dangerous);
    add("model.pkl.lz4", packed::lz4(&call), Verdict::Dangerous);
    add("model.pkl.xz", packed::xz(&call), Verdict::Dangerous);
    add("two.pkl.gz", [gzip(&pickle::plain(2)), gzip(&call)].concat(), Verdict::Dangerous);
    let mut odd = packed::lz4(b"a,b\n1,2\n");
    if let Some(sum) = odd.get_mut(6) {
        *sum ^= 1;
    }
    add("sum.csv.lz4", odd, Verdict::Review);
    for (name, bytes) in packed::WRITTEN {
        add(name, bytes.to_vec(), Verdict::Clean);
    }
    for packing in [seven_zip::Packing::Copied, seven_zip::Packing::Lzma2] {
        let plain = seven_zip::of(packing, &[("a.txt", b"text"), ("b.json", b"{}")]);
        add("plain.7z", plain, Verdict::Clean);
        let acts = seven_zip::of(packing, &[("a.txt", b"text"), ("b.pkl", &call)]);
        add("call.7z", acts, Verdict::Dangerous);
    }
    add("data.rds", gzip(&models::rds(&models::r_list())), Verdict::Clean);
    add("model.rds", gzip(&models::rds(&models::r_code(3))), Verdict::Review);
    add("promise.rds", gzip(&models::rds(&models::r_code(5))), Verdict::Dangerous);
    add("plain.t7", models::torch7(false), Verdict::Clean);
    add("function.t7", models::torch7(true), Verdict::Review);
    add("model.cbm", models::catboost(), Verdict::Clean);
    add("model.engine", models::engine(), Verdict::Review);
    add("flax_model.msgpack", documents::flax(), Verdict::Clean);
    add("objects.msgpack", documents::objects(&call), Verdict::Dangerous);
    add("model.ubj", documents::ubjson(), Verdict::Clean);
    let ridge = documents::skops("ObjectNode", "sklearn.linear_model._ridge", "Ridge", "");
    add("model.skops", ridge, Verdict::Clean);
    let function = documents::skops("FunctionNode", "os", "system", "");
    add("function.skops", function, Verdict::Dangerous);
    let text: &[(&str, &[u8])] = &[("notes.txt", b"text")];
    add("model.mar", documents::mar("image_classifier", text), Verdict::Clean);
    let handler: &[(&str, &[u8])] = &[("handler.py", b"import os\n")];
    add("handler.mar", documents::mar("handler.py:handle", handler), Verdict::Review);
    for (name, write) in [
        ("data.arrow", tables::stream as fn(&str, &[u8]) -> Vec<u8>),
        ("table.feather", tables::file),
        ("data.parquet", tables::parquet),
    ] {
        add(name, write("acme.unit", b"kg"), Verdict::Clean);
        add(name, write("arrow.py_extension_type", &call), Verdict::Dangerous);
    }
    add("a.npz", zip::of(&[("x.npy", &npy::array())]), Verdict::Clean);
    add(
        "config.json",
        b"{\"model_type\": \"bert\", \"n\": [1, 2.5, null]}".to_vec(),
        Verdict::Clean,
    );
    add("README.md", b"---\nlicense: mit\n---\n# A model\n".to_vec(), Verdict::Clean);
    add("vocab.txt", b"[PAD]\n[UNK]\nthe\n##s\n".to_vec(), Verdict::Clean);
    add("data.csv", b"a,b\n1,2\n".to_vec(), Verdict::Clean);
    let yaml = b"a: !!python/object/apply:os.getpid []\n".to_vec();
    add("config.yaml", yaml, Verdict::Dangerous);
    let target = b"model:\n  _target_: os.system\n  _args_: [id]\n".to_vec();
    add("model_config.yaml", target, Verdict::Dangerous);
    add("params.yaml", b"lr: 0.1\nbase: &base {a: 1}\nx: *base\n".to_vec(), Verdict::Clean);
    add(
        "net.py",
        b"import torch\n\nclass Net(torch.nn.Module):\n    pass\n".to_vec(),
        Verdict::Clean,
    );
    let hidden = b"import base64\nexec(base64.b64decode('cGFzcw=='))\n".to_vec();
    add("hidden.py", hidden, Verdict::Dangerous);
    let notebook = br#"{"cells": [{"cell_type": "code", "source": ["!id"]}], "metadata": {}}"#;
    add("a.ipynb", notebook.to_vec(), Verdict::Review);
    let net = br#"<?xml version="1.0"?><net name="m"><layer type="A" version="opset1"/></net>"#;
    add("m.xml", net.to_vec(), Verdict::Clean);
    let entity = b"<!DOCTYPE net SYSTEM \"file:///etc/passwd\"><net/>".to_vec();
    add("m.xml", entity, Verdict::Dangerous);
    let entity = b"<?xml version=\"1.0\"?><!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>".to_vec();
    add("settings.ir", entity, Verdict::Dangerous);
    add("run.sh", b"#!/bin/sh\necho hello\n".to_vec(), Verdict::Review);
    for sample in &mut samples {
        sample.danger_ends = match sample.path {
            // All but the STOP.
            "call.pkl" => sample.bytes.len() - 1,
            "trailing.safetensors" => sample.bytes.len() - call.len() + 1,
            "config.yaml" => b"a: !!python/".len(),
            // The first bytes are text.
            "model.pkl.zst" | "frozen.pb" | "keras_metadata.pb" => 4,
            "settings.ir" => b"<?xml".len(),
            "hidden.py" => b"import base64\nexec(base64.b".len(),
            "model_config.yaml" => b"model:\n  _target_: os.s".len(),
            // The first member is a whole file.
            "two.pkl.gz" => gzip(&pickle::plain(2)).len() + 1,
            _ => 0,
        };
    }
    samples
}
