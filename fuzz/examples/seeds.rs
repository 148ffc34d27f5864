//! Writes where the fuzzer starts: the samples of the scanner's tests, and some of what they leave out.
//! The argument is the folder of the corpora.

use std::fs;
use std::io;
use std::path::PathBuf;

use weighbridge_scan::samples::{
    self, coreml, flat, gguf, hdf5, joblib, keras, models, npy, onnx, packed, paddle, pickle,
    safetensors, tar, tensorflow, torch, zip,
};

fn main() -> io::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).unwrap_or("corpus".into()).into();
    let mut seeds: Vec<(&str, Vec<u8>)> = Vec::new();
    let mut add = |target, bytes: &[u8]| seeds.push((target, bytes.to_vec()));
    let picked = |name: u8, bytes: &[u8]| [&[name], bytes].concat();

    add("log", &picked(0, b"\0\x05first\0\0"));
    add("log", &picked(1, b"tile/0/x001/x234/067"));
    add("log", &picked(1, b"tile/entries/003.p/17"));
    add(
        "log",
        &picked(
            2,
            b"AAAA\nindex 0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\nPeterNeumann\n1\n",
        ),
    );
    add("log", &picked(3, b"PeterNeumann\n1\nAAAA\n\n\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"));

    add("attestation", &picked(0, br#"{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"","sig":"MAA="}]}"#));
    add("attestation", &picked(1, br#"{"mediaType":"m","dsseEnvelope":{"payload":"e30=","payloadType":"t","signatures":[{"sig":"MAA="}]}}"#));
    add("attestation", &picked(2, br#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a","digest":{"sha256":"00"}}],"predicateType":"https://in-toto.io/attestation/svr/v0.2","predicate":{"verifier":{"id":"v","policies":[]},"timeCreated":"t","properties":["P"]}}"#));
    add("attestation", &picked(3, b"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="));
    add("policy", b"0[environment.dev.rules.minimum-age]\nmode = \"warn\"\nhours = 0x10\n");
    add(
        "policy",
        b"1objections contains {\"message\": \"m\"} if input.facts.revision.age_hours < 3\n",
    );
    add(
        "policy",
        b"1f(x) := [y | some y in x]\n\nobjections contains {\"message\": `m`} if not f([1])\n",
    );
    add("policy", b"2package weighbridge.own.lib.words\n\nf(x) := {x: [1, 2]}\n");
    add("policy_wire", b"0{\"At\":\"own-odd\"}");
    add("policy_wire", b"0{\"Objections\":[{\"told\":[{\"effect\":\"deny\",\"message\":\"m\",\"remedy\":\"r\",\"contact\":\"admin\"}],\"left_out\":2}]}");
    add("policy_wire", b"0{\"Failed\":{\"RanAway\":{\"rule\":\"own-odd\",\"limit_ms\":2000}}}");
    add("policy_wire", b"0{\"Read\":{\"own\":{},\"libraries\":[],\"complaints\":[{\"is_error\":true,\"file\":\"a\",\"line\":1,\"what\":\"w\",\"remedy\":\"r\"}]}}");
    add("policy_wire", b"1{\"Ask\":{\"policy\":\"00\",\"document\":null,\"facts\":\"{}\"}}");
    add("policy_wire", b"1{\"Read\":{\"a.rego\":\"package a\"}}");
    add("policy_wire", b"2\x09\0\0\0\"Unknown\"\x09\0\0\0\"Unknown\"");
    add("policy", b"3package t\n\ntest_a if 1 == 1 with input as {\"facts\": {}}\n");

    for (index, sample) in samples::all().into_iter().enumerate() {
        let bytes = sample.bytes.as_slice();
        add("any", &picked(u8::try_from(index % 24).unwrap_or(0), bytes));
        add("magics", &picked(0, bytes));
        match sample.path.rsplit('.').next().unwrap_or_default() {
            "pkl" => {
                add("pickle", bytes);
                add("torch", &[&[1, 4], bytes].concat());
            }
            "pt" | "bin" => {
                add("torch", bytes);
                add("tensors", bytes);
                add("zip", bytes);
            }
            "t7" => add("models", &picked(1, bytes)),
            "cbm" => add("models", &picked(2, bytes)),
            "engine" => add("models", &picked(3, bytes)),
            "rds" => add("compressed", bytes),
            "msgpack" => add("documents", &picked(0, bytes)),
            "ubj" => add("documents", &picked(1, bytes)),
            "skops" | "mar" => add("zip", bytes),
            "parquet" => add("tables", &picked(0, bytes)),
            "arrow" | "feather" => add("tables", &picked(1, bytes)),
            "zip" | "npz" => add("zip", bytes),
            "safetensors" => add("safetensors", bytes),
            "gguf" => add("gguf", bytes),
            "onnx" => add("onnx", bytes),
            "tflite" | "pte" => add("flat", bytes),
            "mlmodel" | "pdmodel" | "pdiparams" => add("graph", bytes),
            "pb" | "meta" => add("tensorflow", bytes),
            "h5" => add("hdf5", bytes),
            "keras" => add("zip", bytes),
            "npy" => add("npy", bytes),
            "joblib" => add("pickle", bytes),
            "tar" => add("tar", bytes),
            "gz" | "zlib" | "bz2" | "xz" | "lzma" | "zst" | "lz4" | "7z" => {
                add("compressed", bytes)
            }
            "pbtxt" => add("textual", &picked(0, bytes)),
            "json" => add("json", bytes),
            "py" => add("python", bytes),
            "xml" => add("xml", bytes),
            "ipynb" => add("notebook", bytes),
            "yaml" => {
                add("yaml", bytes);
                add("text", &picked(0, bytes));
            }
            "sh" => add("text", &picked(2, bytes)),
            "csv" => add("text", &picked(3, bytes)),
            "md" => add("text", &picked(4, bytes)),
            _ => add("text", &picked(5, bytes)),
        }
    }
    let call = pickle::calling_in(4, "os", "system", "id");
    add("pickle", &joblib::objects(&call));
    add("compressed", &picked(1, &call));
    add("compressed", &picked(3, &call));
    add("compressed", &[packed::skippable(b"index"), packed::zstd(&call)].concat());
    add("compressed", &[packed::lz4(b"text"), packed::lz4(&call)].concat());
    add("compressed", b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x02\0aba\0b\0\0\0\x03\0\0\0\0\0\0\0\0\0");
    for kind in b"0125L7KSXZgx" {
        let head = tar::header("a/x.pkl", call.len(), *kind, "../y");
        add("tar", &[head.as_slice(), &call, &[0; 512]].concat());
        let size = u8::try_from(call.len()).unwrap_or(u8::MAX);
        add("tar", &[&[*kind, 2, size], b"ab".as_slice(), &call].concat());
    }
    add("tar", b"x\x01\x1f\0a12 path=../b\n19 GNU.sparse.a=1\n0\x01\x04atext");
    add("tar", b"g\x01\x0bab11 size=10\n0\x01\x04atext");
    add(
        "textual",
        b"\x01op: 'Re' \"lu\" attr: <key: 'T' value { list { type: [DT_STRING, 1] } }> }",
    );
    add("textual", b"\x03node [{op_type: 'A'}, <domain: 'b'>] # c\n}");
    add("text", b"\x01import os\n/usr/lib\n");
    add("text", b"\x07version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    add("text", b"\x05\xff\xfea\0b\0");
    for shapes in [[("w", [2, 2].as_slice()), ("b", &[2])], [("w", &[4]), ("w", &[])]] {
        let tensors = [&[2, 16], torch::state_dict(&shapes).as_slice()].concat();
        add("torch", &tensors);
        add("tensors", &tensors);
    }
    add("npy", b"{'descr': [('a', '<i8'), ('b', '<U3', (2,))], 'fortran_order': False, 'shape': (1, 2), }\n");
    add("npy", &[b"{'descr': '|O', 'shape': (1,)}\n", pickle::plain(4).as_slice()].concat());
    add("npy", &npy::array());
    add("safetensors", b"\"__metadata__\":{\"format\":\"pt\"},\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}\n01234567");
    add(
        "safetensors",
        &safetensors::with_header(
            "{\"a\":{\"dtype\":\"F4\",\"shape\":[1],\"data_offsets\":[0,1]}}",
            1,
        ),
    );
    add("gguf", &gguf::with_template("{% set x = cycler.__init__ %}{{ x['a' ~ 'b'] | attr(y) }}"));

    let branch = onnx::graph(&[onnx::node("a", "B")], &[onnx::tensor()]);
    let nodes = [onnx::node_with("", "If", &[onnx::branch("b", &branch)])];
    add("onnx", &onnx::graph(&nodes, &[onnx::tensor_at(&[("location", "a/../w"), ("x", "")])]));
    let function = onnx::function("a", "B", &[onnx::node("ai.onnx.contrib", "C")]);
    add("onnx", &onnx::model_with(&branch, &[function]));
    for (kind, body) in [hdf5::attribute("a", "b"), hdf5::external_link("w", "/a", "/b")] {
        let size = u8::try_from(body.len()).unwrap_or(u8::MAX);
        add("hdf5", &[&[kind, size], body.as_slice()].concat());
    }
    for configuration in [keras::configuration(keras::lambda()), keras::configuration("")] {
        add("keras", configuration.as_bytes());
        add("tensorflow", &picked(2, configuration.as_bytes()));
        add("keras", &picked(0x80, configuration.as_bytes()));
    }
    add("keras", br#"{"class_name": "TFOpLambda", "config": {"function": "io.read_file"}}"#);

    let calling = [tensorflow::calling("c", "f", &["p"]), tensorflow::text("p", "../x")];
    let body = [tensorflow::node("s", "SaveV2", &["a"])];
    let saving = tensorflow::graph(&calling, &[tensorflow::function("f", "a", &body)]);
    add("tensorflow", &tensorflow::meta_graph_with_asset(&saving, "p", "../x"));
    add("tensorflow", &tensorflow::graph(&[tensorflow::constant("g", &saving)], &[]));
    add("tensorflow", &tensorflow::graph(&[tensorflow::packed("g", &[b"a", &saving])], &[]));

    add("flat", &flat::tflite(&[(32, "FlexErf", b"\x12\x08ReadFile"), (3, "", b"")]));
    add("graph", &coreml::network(&[coreml::branch(&[coreml::custom("A")])]));
    add("graph", &coreml::program_of("custom_layer"));
    add("graph", &coreml::weights(&[&[0; 3], &[1; 70]]));
    add("graph", &paddle::program_of(&[paddle::operator("save", "/x")]));

    let lie = |change: fn(&mut zip::Member)| {
        let mut members = [zip::Member::stored("a", b"text"), zip::Member::deflated("b", &call)];
        members.iter_mut().for_each(change);
        zip::build(&members, b"comment")
    };
    for how in 0..20 {
        add("zip", &[&[how, 1, 4], b"atext".as_slice(), &[0, 5, 3], b"b.pklN."].concat());
    }
    add("zip", &[&[128, 8, 6], b"data.pklI1\n.XY".as_slice(), &[1, 1, 2], b"bhi"].concat());
    add("models", b"\x042 3\nword \0\0\x80\x3f\0\0\0\0\0\0\0\0\nb \0\0\x80\x3f\0\0\0\0\0\0\0\0");
    add("models", b"\x04\xba\x16\x4f\x2f\x0c\0\0\0\x0a\0\0\0\x05\0\0\0");
    add("models", b"\x04IxFI\x04\0\0\0\x01\0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x10\0\0\0\0\0");
    add("models", b"\x05\x04text\x00\x02hi");
    add("text", b"\x06<svg xmlns=\"http://www.w3.org/2000/svg\"><script>x</script><a href='javascript:y' onclick=z/></svg>");
    add("text", b"\x08<!DOCTYPE html><html><img src=x onerror=y></html>");
    add("zip", &lie(|member| member.flags = 1));
    add("zip", &lie(|member| member.crc = 0));
    add("zip", &lie(|member| member.local_name = b"other".to_vec()));
    add("zip", &lie(|member| member.listed_name = b"../up".to_vec()));
    add("zip", &lie(|member| member.gap = b"gap".to_vec()));
    add("zip", &lie(|member| member.sizes = zip::Sizes::Behind));
    add("zip", &lie(|member| member.sizes = zip::Sizes::FarBehind));

    for template in [
        "{% for m in messages %}{{ '<|' + m['role'] + '|>\\n' + m.content | trim }}{% endfor %}",
        "{{ x|attr('__class__') }}{# no #}{%- include 'y' -%}",
        "{{ x['\\x5f\\x5fclass\\137_'] }}{{ x['__cla' ~ 'ss__'] }}",
    ] {
        add("template", template.as_bytes());
        let quoted = template.replace('\\', "\\\\");
        add(
            "json",
            format!("{{\"chat_template\": \"{quoted}\", \"a\": [1, -2.5e3, NaN, null]}}")
                .as_bytes(),
        );
        add(
            "json",
            format!("{{\"chat_template\": [{{\"name\": \"a\", \"template\": \"{quoted}\"}}]}}")
                .as_bytes(),
        );
    }
    add("json", b"{\"a\": \"\\u0041\\ud83d\\ude00\\n\", \"a\": {}, \"b\": [true, false, [[]]]}");

    add("repository", b"config.json\n{\"auto_map\": {\"AutoModel\": \"m.Net\", \"AutoConfig\": \"a/b--c.C\"}, \"trust_remote_code\": true}\0m.py\nclass Net: pass");
    add("repository", b"modules.json\n[{\"type\": \"custom_st.Transformer\"}]\0model_index.json\n{\"_class_name\": [\"p\", \"P\"], \"unet\": [\"u\", \"U\"]}\0unet/u.py\n");
    add("repository", b"x.index.json\n{\"weight_map\": {\"a\": \"../up.bin\"}}\0adapter_config.json\n{\"auto_mapping\": {\"parent_library\": \"e.l\"}}\0handler.py\n\0lib/k.so\n");
    add("repository", b"data.py\nimport datasets\nclass D(datasets.GeneratorBasedBuilder): pass\0pytorch_model.bin\n\0model.safetensors\n");

    for kind in [3, 5, 6] {
        add("models", &picked(0, &models::rds(&models::r_code(kind))));
    }
    add("models", &picked(0, &models::rds(&models::r_list())));
    add("documents", b"\x02{\"__class__\": \"os\", \"__module__\": \"system\", \"__loader__\": \"FunctionNode\"}");
    add("documents", b"\x03{\"model\": {\"handler\": \"h.py\"}}");

    add("sentencepiece", b"\x0a\x0e\x0a\x05<unk>\x15\0\0\0\0\x18\x02\x0a\x08\x0a\x01a\x15\0\0\x80\xbf\x12\x04\x08\x01\x10\x02\x1a\x02\x08\x01");
    add("tables", b"\x00PAR1\x15\x04\x19\x2c\x08\0\0\0PAR1");
    let schema = "/////arrow.py_extension_type".repeat(4);
    add("tables", format!("\0PAR1{schema}\x70\0\0\0PAR1").as_bytes());
    add("tables", b"\x01ARROW1\0\0\xff\xff\xff\xff\x10\0\0\0arrow.py_extension_type");
    for (name, head) in [
        (0, b"\x7fELF\x02\x01\x01".as_slice()),
        (7, b"MZ\0\0\xcf\xfa\xed\xfe"),
        (1, b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"),
        (2, b"\xff\xfb\x90\0"),
        (3, b"\x89HDF\r\n\x1a\n"),
        (5, b"\x1c\0\0\0TFL3"),
        (7, b"RIFF\0\0\0\0WEBPVP8 "),
    ] {
        add("magics", &picked(name, head));
        add("any", &picked(name, head));
    }
    add("wire", b"\0{\"Report\":{\"format\":\"pickle\",\"findings\":[{\"rule\":\"WB-PICKLE-CALL\",\"severity\":\"dangerous\",\"member\":\"\",\"offset\":2,\"message\":\"m\",\"evidence\":\"e\"}],\"unexamined\":[{\"member\":\"a\",\"offset\":null,\"why\":\"w\"}]}}");
    add("wire", b"\0{\"Ready\":{\"landlock_abi\":4,\"seccomp\":true,\"resource_limits\":true}}");
    add("wire", b"\0{\"NeedsMore\":4096}");
    add("wire", b"\0{\"Repository\":{\"findings\":[[\"config.json\",{\"rule\":\"WB-REPO-AUTOMAP\",\"severity\":\"review\",\"member\":\"\",\"offset\":null,\"message\":\"m\",\"evidence\":\"e\"}]],\"unexamined\":[\"x\"]}}");
    add("wire", b"\x01{\"Setup\":{\"limits\":{\"member_bytes\":1,\"expanded_bytes\":1,\"compression_ratio\":1,\"members\":1,\"depth\":1,\"pickle_steps\":1,\"findings\":1,\"wall_seconds\":1,\"memory_bytes\":1},\"files\":1,\"tells_convertible\":true,\"tells_at_once\":false}}");
    add("wire", b"\x01{\"Files\":[{\"path\":\"a/b.bin\",\"size_bytes\":1,\"available_bytes\":1}]}");
    add(
        "wire",
        b"\x01{\"Configs\":[{\"path\":\"config.json\",\"size_bytes\":1,\"available_bytes\":1}]}",
    );
    add("wire", b"\x01{\"Listed\":[[\"a/b.bin\",12]]}");
    add("wire", b"\x01\"Repository\"");

    for (index, (target, bytes)) in seeds.iter().enumerate() {
        let folder = folder.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{index:03}")), bytes)?;
    }
    Ok(())
}
