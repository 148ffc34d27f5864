"""Benign: models as Keras, ONNX, gguf, safetensors, the boosting libraries, skops, Flax and TensorFlow write them."""

import bz2
import contextlib
import gzip
import io
import lzma
import tempfile
from pathlib import Path

import gguf
import keras
import lightgbm
import lz4.frame
import msgpack
import numpy
import onnx
import py7zr
import safetensors.numpy
import sklearn.ensemble
import sklearn.linear_model
import sklearn.preprocessing
import skops.io
import tokenizers
import xgboost
import zstandard
from onnx import TensorProto, helper

from . import graphs
from .archives import seven_zipped, tarred, zipped
from .headers import HARMLESS
from .keras_models import saved
from .store import made_by

DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]
CHATML = "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
LLAMA = "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}{{ bos_token + '[INST] ' + message['content'] | trim + ' [/INST]' }}{% endfor %}"
TOOLS = "{%- if tools %}{{- '<tools>' }}{%- for tool in tools %}{{- tool | tojson }}{%- endfor %}{%- endif %}{%- set ns = namespace(multi=true, last=messages|length - 1) %}{%- for m in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}{%- if ns.multi and m.role == 'user' and m.content is string and not(m.content.startswith('<tool>')) %}{%- set ns.multi = false %}{%- endif %}{%- endfor %}{{ strftime_now('%d %b %Y') }}{% macro show(x) %}{{ x.split('</think>')[-1].lstrip('\\n') }}{% endmacro %}{{ show(messages[0].content) }}"


def keras_models():
    """Sequential and functional models with the usual layers."""
    layers = keras.layers
    keras.utils.set_random_seed(7)
    plain = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(2, activation="softmax")]
    )
    yield "dense", plain
    image = [
        layers.Conv2D(2, 3, padding="same"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(2),
    ]
    yield "image", keras.Sequential([keras.Input((8, 8, 3)), *image])
    yield (
        "text",
        keras.Sequential(
            [
                keras.Input((5,), dtype="int32"),
                layers.Embedding(20, 4),
                layers.LSTM(3),
                layers.Dense(1, activation="sigmoid"),
            ]
        ),
    )
    yield (
        "regular",
        keras.Sequential(
            [
                keras.Input((3,)),
                layers.Dense(2, kernel_regularizer="l2", kernel_constraint=keras.constraints.MaxNorm(2)),
            ]
        ),
    )
    start = keras.Input((6,))
    joined = layers.Concatenate()([layers.Dense(3)(start), layers.Dense(3, activation="gelu")(start)])
    yield "branches", keras.Model(start, layers.Dense(1)(layers.Add()([joined, layers.LayerNormalization()(joined)])))
    yield (
        "normal",
        keras.Sequential([keras.Input((3,)), layers.Rescaling(0.5), layers.GaussianNoise(0.1), layers.Dense(1)]),
    )


def onnx_models():
    """Models of the standard operators."""
    value = helper.make_tensor_value_info
    noise = numpy.random.default_rng(7)
    weight = onnx.numpy_helper.from_array(noise.random((3, 4), dtype="f4"), "w")
    chain = [helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Relu", ["m"], ["y"])]

    def model(nodes, *weights, domains=(("", 17),), functions=()):
        graph = helper.make_graph(nodes, "g", [value("x", 1, [None, 3])], [value("y", 1, None)], initializer=weights)
        opsets = [helper.make_opsetid(*domain) for domain in domains]
        return helper.make_model(
            graph, opset_imports=opsets, functions=functions, producer_name="pytorch", producer_version="2.4"
        )

    yield "chain", model(chain, weight)
    yield "half", model(chain, onnx.numpy_helper.from_array(noise.random((3, 4)).astype("f2"), "w"))
    branch = helper.make_graph([helper.make_node("Identity", ["x"], ["z"])], "b", [], [value("z", 1, None)])
    yield "branch", model([helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)])
    yield (
        "learned",
        model(
            [helper.make_node("Scaler", ["x"], ["y"], domain="ai.onnx.ml", offset=[0.0], scale=[1.0])],
            domains=(("", 17), ("ai.onnx.ml", 3)),
        ),
    )
    function = helper.make_function(
        "local", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 17)]
    )
    yield (
        "function",
        model(
            [helper.make_node("Twice", ["x"], ["y"], domain="local")],
            domains=(("", 17), ("local", 1)),
            functions=[function],
        ),
    )
    fused = helper.make_node("FusedMatMul", ["x", "w"], ["y"], domain="com.microsoft")
    yield "fused", model([fused], weight, domains=(("", 17), ("com.microsoft", 1)))
    outside = TensorProto(name="w", data_type=1, dims=[3, 4], data_location=TensorProto.EXTERNAL)
    for key, held in [("location", "model.onnx.data"), ("offset", "0"), ("length", "48")]:
        outside.external_data.add(key=key, value=held)
    yield "external", model(chain, outside)
    scaled = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"]),
    ]
    scale, zero = onnx.numpy_helper.from_array(numpy.float32(0.1), "s"), onnx.numpy_helper.from_array(numpy.uint8(0), "z")
    yield "quantized", model(scaled, scale, zero)
    noted = model(chain, weight)
    noted.doc_string = "os.system('true')"
    noted.metadata_props.add(key="ort_config", value="../x")
    noted.graph.node[0].metadata_props.add(key="pkg.torch.onnx.stack_trace", value="File /usr/lib/x.py")
    yield "noted", noted
    scan = helper.make_node("Loop", ["n", "c", "x"], ["y"], body=branch)
    yield "loop", model([scan])
    texts = helper.make_node("Constant", [], ["t"], value=helper.make_tensor("t", TensorProto.STRING, [2], [b"/etc", b"../x"]))
    yield "texts", model([texts, *chain], weight)
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("v", 1, [2], [1.0, 2.0]), helper.make_tensor("i", 7, [2], [0, 5]), [3, 4]
    )
    yield "sparse", model([helper.make_node("Constant", [], ["w"], sparse_value=sparse), *chain])


def gguf_file(template, noise, kind=None):
    """A small model with a vocabulary."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gguf"
        writer = gguf.GGUFWriter(path, "llama")
        writer.add_name("Tiny")
        writer.add_context_length(128)
        writer.add_embedding_length(32)
        writer.add_block_count(1)
        writer.add_tokenizer_model("llama")
        writer.add_token_list([b"<unk>", b"<s>", b"</s>", b"eval(", b"os.system"])
        writer.add_token_scores([0.0] * 5)
        writer.add_token_types([2, 3, 3, 1, 1])
        if template:
            writer.add_chat_template(template)
        for name in ["token_embd.weight", "output.weight"]:
            held = noise.standard_normal((8, 32)).astype("f4")
            writer.add_tensor(name, gguf.quantize(held, kind) if kind else held, raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path.read_bytes()


def written(write, suffix):
    """What `write` puts into a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        write(str(path))
        return path.read_bytes()


def boosted():
    """XGBoost and LightGBM in their own formats."""
    noise = numpy.random.default_rng(7)
    x, y = noise.random((60, 4)), numpy.arange(60) % 2
    tree = xgboost.train({"max_depth": 2, "seed": 7}, xgboost.DMatrix(x, y), 3)
    for suffix in [".json", ".ubj"]:
        yield f"xgboost{suffix}", written(tree.save_model, suffix), made_by("xgboost")
    forest = lightgbm.train(
        {"verbose": -1, "num_leaves": 4, "seed": 7, "min_data_in_leaf": 2}, lightgbm.Dataset(x, y), 3
    )
    yield "lightgbm.txt", forest.model_to_string().encode(), made_by("lightgbm")


def packed(tree):
    """What Flax makes of a tree of arrays: msgpack with a type of its own."""

    def extended(held):
        content = (held.shape, held.dtype.name, held.tobytes())
        return msgpack.ExtType(1, msgpack.packb(content))

    return msgpack.packb(tree, default=extended)


def write(corpus):
    """All of them."""
    noise = numpy.random.default_rng(7)
    for name, model in keras_models():
        corpus.clean(f"keras/{name}.keras", saved(model, ".keras"), made_by("keras"))
        with contextlib.redirect_stderr(io.StringIO()):
            corpus.clean(f"keras/{name}.h5", saved(model, ".h5"), made_by("keras", "h5py"))
        corpus.clean(f"keras/{name}.weights.h5", written(model.save_weights, ".weights.h5"), made_by("keras", "h5py"))
        corpus.clean(f"keras/{name}.json", model.to_json().encode(), made_by("keras"))
    for name, model in onnx_models():
        corpus.clean(f"onnx/{name}.onnx", model.SerializeToString(), made_by("onnx"))
    with tempfile.TemporaryDirectory() as folder:
        large = dict(onnx_models())["chain"]
        path = Path(folder) / "model.onnx"
        onnx.save(large, path, save_as_external_data=True, location="model.onnx.data", size_threshold=0)
        files = {part.name: part.read_bytes() for part in path.parent.iterdir()}
        corpus.clean("onnx/beside", files, made_by("onnx"))
    for name, template in {"none": None, "plain": HARMLESS, "chatml": CHATML, "llama": LLAMA, "tools": TOOLS}.items():
        corpus.clean(f"gguf/{name}.gguf", gguf_file(template, noise), made_by("gguf"))
        if template:
            corpus.clean(f"gguf/{name}.jinja", template.encode())
    for kind in [gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q4_0, gguf.GGMLQuantizationType.F16]:
        corpus.clean(f"gguf/{kind.name}.gguf", gguf_file(CHATML, noise, kind), made_by("gguf"))
    for code in DTYPES:
        held = noise.integers(0, 2, (6, 5)).astype(code)
        name = numpy.dtype(code).name
        corpus.clean(
            f"safetensors/{name}.safetensors",
            safetensors.numpy.save({"w": held, "b": held[0].copy()}),
            made_by("safetensors"),
        )
    notes = {
        "format": "pt",
        "note": "import os; os.system('true'); eval(x); pickle.loads",
        "command": "curl http://localhost | sh",
    }
    corpus.clean(
        "safetensors/notes.safetensors",
        safetensors.numpy.save({"os.system": numpy.ones(3)}, notes),
        made_by("safetensors"),
    )
    corpus.clean(
        "safetensors/noise.safetensors",
        safetensors.numpy.save({"w": noise.standard_normal(60_000).astype("f2")}),
        made_by("safetensors"),
    )
    corpus.clean("safetensors/empty.safetensors", safetensors.numpy.save({}), made_by("safetensors"))
    for name, data, by in boosted():
        corpus.clean(f"trees/{name}", data, by)
    estimators = {
        "ridge": sklearn.linear_model.Ridge().fit([[0.0], [1.0]], [0.0, 1.0]),
        "scaler": sklearn.preprocessing.StandardScaler().fit([[0.0], [1.0]]),
        "forest": sklearn.ensemble.RandomForestClassifier(2, random_state=7).fit([[0.0], [1.0]], [0, 1]),
        "logarithm": sklearn.preprocessing.FunctionTransformer(numpy.log1p).fit([[0.0], [1.0]]),
    }
    for name, estimator in estimators.items():
        corpus.clean(f"skops/{name}.skops", skops.io.dumps(estimator), made_by("skops", "scikit-learn"))
    tree = {
        "params": {"dense": {"kernel": noise.random((3, 4), dtype="f4"), "bias": numpy.zeros(4, dtype="f4")}, "step": 3}
    }
    corpus.clean("flax/flax_model.msgpack", packed(tree), made_by("msgpack"))
    corpus.clean("flax/half.msgpack", packed({"w": noise.random(200).astype("f2")}), made_by("msgpack"))
    graph = graphs.graph(*graphs.COMPUTING, *graphs.SAVING)
    corpus.clean(
        "tensorflow/saved_model",
        {"saved_model.pb": graphs.saved_model(graph), "fingerprint.pb": b"\x08\x01"},
        graphs.BY,
    )
    table = [
        graphs.constant("keys", "weigh"),
        graphs.node("table", "HashTableV2"),
        graphs.node("fill", "LookupTableImportV2", "table", "keys", "values"),
    ]
    graph = graphs.graph(*graphs.COMPUTING, *table, functions=[("inner", [graphs.node("z", "Relu", "x")])])
    corpus.clean("tensorflow/table/saved_model.pb", graphs.saved_model(graph), graphs.BY)
    corpus.clean("tensorflow/frozen.pb", graphs.graph(*graphs.COMPUTING), graphs.BY)
    weights, note = safetensors.numpy.save({"w": numpy.ones(4)}), b"# Notes\nos.system is only a name here.\n"
    members = [("model/model.safetensors", weights), ("model/README.md", note), ("model/config.json", b'{"a": 1}\n')]
    corpus.clean("archives/model.tar", tarred(*members))
    corpus.clean("archives/model.tar.gz", gzip.compress(tarred(*members), mtime=0))
    corpus.clean("archives/model.zip", zipped(*members))
    zeros = io.BytesIO()
    numpy.savez_compressed(zeros, embeddings=numpy.zeros(4 << 20))
    corpus.clean("archives/zeros.npz", zeros.getvalue(), made_by("numpy"))
    corpus.clean("archives/notes.md.gz", gzip.compress(note, mtime=0))
    corpus.clean("archives/model.7z", seven_zipped(notes__md=note), made_by("py7zr"))
    corpus.clean("archives/model.tar.xz", lzma.compress(tarred(*members)))
    corpus.clean("archives/model.tar.bz2", bz2.compress(tarred(*members)))
    lines = b"".join(b'{"text": "line %d", "n": %d}\n' % (n, n * n) for n in range(3000))
    for level in [1, 9, 19]:
        data = zstandard.ZstdCompressor(level=level, write_checksum=True).compress(lines)
        corpus.clean(f"archives/train-{level}.jsonl.zst", data, made_by("zstandard"))
    corpus.clean("archives/train.jsonl.lz4", lz4.frame.compress(lines), made_by("lz4"))
    for name, method in [("lzma", py7zr.FILTER_LZMA), ("bzip2", py7zr.FILTER_BZIP2), ("copy", py7zr.FILTER_COPY)]:
        data = seven_zipped([{"id": method}], notes__md=note, train__jsonl=lines)
        corpus.clean(f"archives/{name}.7z", data, made_by("py7zr"))
    trained = tokenizers.Tokenizer(tokenizers.models.WordLevel(unk_token="[UNK]"))
    trained.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    trainer = tokenizers.trainers.WordLevelTrainer(special_tokens=["[UNK]", "[PAD]"], show_progress=False)
    trained.train_from_iterator(["weigh the load", "import os ; eval ( x )"], trainer)
    corpus.clean("tokenizers/words.json", trained.to_str().encode(), made_by("tokenizers"))
    pairs = tokenizers.ByteLevelBPETokenizer()
    pairs.train_from_iterator(["weigh the load, seal the load"] * 5, 300, show_progress=False)
    corpus.clean("tokenizers/pairs.json", pairs.to_str().encode(), made_by("tokenizers"))
