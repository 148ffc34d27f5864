"""Models for phones, browsers, other languages and servers, put together from their published formats: benign as their tools
write them, and with what runs code or leaves the folder."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import tarfile
import zipfile

import numpy

from .archives import ACTS, torch_zip
from .wire import field

HANDLER = b"from ts.torch_handler.image_classifier import ImageClassifier\n\n\nclass Handler(ImageClassifier):\n    topk = 3\n"


# Flatbuffers: TensorFlow Lite (schema.fbs) and ExecuTorch (program.fbs). A table here is a mapping from slots to values.


class Flat:
    """Writes a flatbuffer front to back; references are filled in when their target is written."""

    def __init__(self, identifier):
        self.out = bytearray(b"\0\0\0\0" + identifier)

    def aligned(self):
        self.out.extend(bytes(-len(self.out) % 4))
        return len(self.out)

    def table(self, slots):
        """A table; its fields are four bytes each: a number, or the way to text, a row of bytes or tables."""
        count = max(slots, default=-1) + 1
        places = {slot: 4 + 4 * order for order, slot in enumerate(sorted(slots))}
        layout = self.aligned()
        size = 4 + 4 * len(slots)
        self.out += struct.pack(f"<{2 + count}H", 4 + 2 * count, size, *(places.get(slot, 0) for slot in range(count)))
        start = self.aligned()
        self.out += struct.pack("<i", start - layout) + bytes(4 * len(slots))
        for slot, held in slots.items():
            at = start + places[slot]
            if isinstance(held, int):
                self.out[at : at + 4] = struct.pack("<I", held)
            else:
                to = self.held(held)
                self.out[at : at + 4] = struct.pack("<I", to - at)
        return start

    def held(self, held):
        """Text, bytes, a table, or a row of tables or numbers."""
        if isinstance(held, dict):
            return self.table(held)
        if isinstance(held, str | bytes):
            data = held.encode() + b"\0" if isinstance(held, str) else held
            at = self.aligned()
            self.out += struct.pack("<I", len(data) - isinstance(held, str)) + data
            return at
        at = self.aligned()
        self.out += struct.pack("<I", len(held)) + bytes(4 * len(held))
        for number, item in enumerate(held):
            place = at + 4 + 4 * number
            value = item if isinstance(item, int) else self.held(item) - place
            self.out[place : place + 4] = struct.pack("<I", value)
        return at

    def file(self, root):
        at = self.table(root)
        self.out[:4] = struct.pack("<I", at)
        return bytes(self.out)


def tflite(operators, buffers=()):
    """A model of operators: numbers of builtin ones, or names of custom ones."""
    custom = 32
    codes = [
        {0: min(op, 127), 3: op} if isinstance(op, int) else {0: custom, 1: op, 3: custom} for op in operators
    ]
    weights = numpy.random.default_rng(7).standard_normal(16).astype("f4").tobytes()
    tensor = {0: [1, 16], 2: 1, 3: "input"}
    calls = [{0: number, 1: [0], 2: [0]} for number in range(len(operators))]
    graph = {0: [tensor], 1: [0], 2: [0], 3: calls, 4: "main"}
    root = {0: 3, 1: codes, 2: [graph], 3: "MLIR Converted.", 4: [{}, {0: weights}, *buffers], 6: [{0: "min_runtime_version", 1: 1}]}
    return Flat(b"TFL3").file(root)


CONVOLUTION, FULLY_CONNECTED, RELU, SOFTMAX, RESHAPE, ADD = 3, 9, 19, 25, 22, 0


def labelled(model):
    """What the metadata writer makes: a zip archive of labels behind the model."""
    held = io.BytesIO()
    held.write(model)
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr(zipfile.ZipInfo("labels.txt"), "cat\ndog\n")
    return held.getvalue()


# Core ML (Model.proto, NeuralNetwork.proto).


def coreml(kind, content, version=1):
    """A model of one kind, with a description."""
    described = field(1, field(1, "input") + field(3, field(5, field(2, field(1, 3)))))
    return field(1, version) + field(2, described) + field(kind, content)


def layer(kind, content=b""):
    return field(1, field(1, "layer") + field(2, "input") + field(3, "output") + field(kind, content))


NETWORK, PIPELINE_CUSTOM = 500, 555
ACTIVATION, POOLING, SOFTMAX_LAYER, CUSTOM_LAYER = 130, 120, 175, 500


# Paddle (framework.proto).


def paddle(operators):
    """A program of operators."""
    kinds = b"".join(field(4, field(3, kind)) for kind in operators)
    variable = field(3, field(1, "x") + field(2, field(1, 7)))
    return field(1, field(1, 0) + field(2, 0) + variable + kinds) + field(4, field(1, 0))


# R (R internals, serialisation format).


def rds(value):
    return b"X\n" + struct.pack(">iii", 3, 0x040303, 0x030500) + struct.pack(">i", 5) + b"UTF-8" + value


def r_text(text):
    return struct.pack(">i", 0x40009) + struct.pack(">i", len(text)) + text.encode()


def r_list(*values):
    return struct.pack(">ii", 19, len(values)) + b"".join(values)


def r_numbers(*numbers):
    return struct.pack(">ii", 14, len(numbers)) + struct.pack(f">{len(numbers)}d", *numbers)


def r_strings(*texts):
    return struct.pack(">ii", 16, len(texts)) + b"".join(map(r_text, texts))


def r_symbol(name):
    return struct.pack(">i", 1) + r_text(name)


NIL, GLOBAL = struct.pack(">i", 254), struct.pack(">i", 253)
CALL = struct.pack(">i", 6) + r_symbol("system") + struct.pack(">i", 2) + r_strings("true") + NIL
PROMISE = struct.pack(">i", 5) + GLOBAL + CALL
CLOSURE = struct.pack(">i", 3) + GLOBAL + NIL + CALL


# Torch7 (File.lua).


def t7_text(text):
    return struct.pack("<ii", 2, len(text)) + text


def t7_number(number):
    return struct.pack("<id", 1, number)


def t7_table(index, **items):
    held = b"".join(t7_text(key.encode()) + value for key, value in items.items())
    return struct.pack("<iii", 3, index, len(items)) + held


def t7_tensor(index):
    def named(index, name):
        return struct.pack("<iii", 4, index, 3) + b"V 1" + struct.pack("<i", len(name)) + name

    storage = named(index + 1, b"torch.FloatStorage") + struct.pack("<q4f", 4, 1, 2, 3, 4)
    return named(index, b"torch.FloatTensor") + struct.pack("<i2q2qq", 2, 2, 2, 2, 1, 1) + storage


def t7_function(index):
    return struct.pack("<iii", 8, index, 4) + b"\x1bLua" + t7_table(index + 1)


def zipped(members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return held.getvalue()


def model_archive(handler, members):
    """What torch-model-archiver packs."""
    manifest = {
        "createdOn": "01/01/2026 00:00:00",
        "runtime": "python",
        "model": {"modelName": "m", "serializedFile": "model.pt", "handler": handler, "modelVersion": "1.0"},
        "archiverVersion": "0.12.0",
    }
    return zipped({"MAR-INF/MANIFEST.json": json.dumps(manifest), **members})


OPENVINO = """<?xml version="1.0"?>
<net name="Model0" version="11">
	<layers>
		<layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,3" element_type="f32" />
			<output><port id="0" precision="FP32"><dim>1</dim><dim>3</dim></port></output></layer>
		<layer id="1" name="%s" type="%s" version="%s"><input><port id="0" precision="FP32"><dim>1</dim><dim>3</dim></port></input>
			<output><port id="1" precision="FP32"><dim>1</dim><dim>3</dim></port></output></layer>
	</layers>
	<edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0" /></edges>
	<rt_info />
</net>
"""

PMML = """<?xml version="1.0" encoding="UTF-8"?>
<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header><Application name="x" version="1"/></Header>
<DataDictionary><DataField name="y" optype="continuous" dataType="double"/><DataField name="x" optype="continuous" dataType="double"/></DataDictionary>
<RegressionModel functionName="regression"><MiningSchema><MiningField name="y" usageType="target"/><MiningField name="x"/></MiningSchema>
<LocalTransformations><DerivedField name="z" optype="continuous" dataType="double"><Apply function="%s"><FieldRef field="x"/></Apply></DerivedField></LocalTransformations>
<RegressionTable intercept="1.5"><NumericPredictor name="z" coefficient="0.5"/></RegressionTable></RegressionModel></PMML>
"""


def crc32c(data):
    """The sum of Castagnoli, as TensorFlow masks it."""
    total = 0xFFFFFFFF
    for byte in data:
        total ^= byte
        for _ in range(8):
            total = total >> 1 ^ 0x82F63B78 * (total & 1)
    total ^= 0xFFFFFFFF
    return struct.pack("<I", ((total >> 15 | total << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data):
    """One record of TensorFlow's."""
    length = struct.pack("<Q", len(data))
    return length + crc32c(length) + data + crc32c(data)


def benign():
    """What the tools write."""
    plain = tflite([CONVOLUTION, RELU, RESHAPE, FULLY_CONNECTED, SOFTMAX])
    yield "tflite/plain.tflite", plain
    yield "tflite/add.tflite", tflite([ADD])
    yield "tflite/labelled.tflite", labelled(plain)
    yield "coreml/network.mlmodel", coreml(NETWORK, layer(POOLING) + layer(ACTIVATION, field(10, b"")) + layer(SOFTMAX_LAYER))
    yield "paddle/model.pdmodel", paddle(["feed", "conv2d", "batch_norm", "relu", "softmax", "fetch"])
    values = r_list(r_numbers(1.0, 2.5), r_strings("a", "b"))
    yield "r/list.rds", gzip.compress(rds(values), mtime=0)
    yield "r/plain.rds", rds(values)
    yield "r/small.rds", bz2.compress(rds(values))
    yield "r/smaller.rds", lzma.compress(rds(values))
    yield "torch7/tensor.t7", t7_tensor(1)
    yield "torch7/table.t7", t7_table(1, epoch=t7_number(3), weight=t7_tensor(2))
    yield "openvino/openvino_model.xml", (OPENVINO % ("act", "ReLU", "opset1")).encode()
    yield "openvino/openvino_model.bin", numpy.random.default_rng(7).standard_normal(300).astype("f4").tobytes()
    yield "pmml/model.pmml", (PMML % "ln").encode()
    version = b"\x09\0\0\x80\x13\xbc\xd6\xda\x41\x1a\rbrain.Event:2"
    scalar = b"\x09\0\0\x80\x13\xbc\xd6\xda\x41\x10\x01" + field(5, field(1, field(1, "train/loss") + b"\x15\0\0\0\x3f"))
    yield "events/events.out.tfevents.1767312000.host.7.0", record(version) + record(scalar) * 20
    yield "data/train-00000.tfrecord", record(field(1, field(1, field(1, "text") + field(2, field(1, field(1, "import os"))))))
    noise = numpy.random.default_rng(7).standard_normal((3, 8)).astype("f4")
    words = b"".join(word + b" " + row.tobytes() + b"\n" for word, row in zip([b"the", b"of", b"os.system"], noise, strict=True))
    yield "vectors/word2vec.bin", b"3 8\n" + words
    unused = struct.pack("<QQ", 1 << 20, 1 << 20)
    yield "vectors/index.faiss", b"IxF2" + struct.pack("<IQ", 8, 3) + unused + b"\1\1\0\0\0" + struct.pack("<Q", 24) + noise.tobytes()
    yield "yaml/hparams.yaml", b"act: !!python/name:torch.nn.modules.activation.ReLU ''\nbetas: !!python/tuple\n- 0.9\n- 0.99\n"
    yield "yaml/config.yml", b"!!python/object/apply:collections.OrderedDict\n- - - batch_size\n    - 256\n  - - policy\n    - MlpPolicy\n"
    picture = b"\x89PNG\r\n\x1a\n" + bytes(40)
    attributes = b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(90)
    yield "archives/from-a-mac.zip", zipped({"image/0.png": picture, "__MACOSX/image/._0.png": attributes})


def acting():
    """What runs code, or reaches out of the folder."""
    for name in ["FlexReadFile", "FlexWriteFile", "FlexPyFunc", "FlexEagerPyFunc", "FlexDatasetFromGraph"]:
        yield 17, f"{name}.tflite", tflite([CONVOLUTION, name])
    yield 22, "promise-in-list.rds", gzip.compress(rds(r_list(r_numbers(1.0), PROMISE)), mtime=0)
    yield 22, "promise-in-attributes.rda", b"RDX3\n" + rds(struct.pack(">i", 2 | 1 << 10) + r_symbol("model") + PROMISE + NIL)
    yield 22, "handler-acts.mar", model_archive("handler.py", {"handler.py": b"import os\nos.system('true')\n", "model.pt": ACTS})
    yield 22, "handler-in-pickle.mar", model_archive("image_classifier", {"model.pt": ACTS})
    yield 17, "py_func.pdmodel", paddle(["feed", "py_func", "fetch"])
    yield 14, "__0_0.distcp", torch_zip(ACTS) + torch_zip(pickle.dumps({"step": 1}, 2))
    yield 22, "tags-after-tuple.yaml", b"a: !!python/tuple [!!python/object/apply:os.system [true]]\n"
    yield 22, "tags-vetted-gadget.yaml", b"a: !!python/object/apply:builtins.getattr [!!python/name:os.system '', x]\n"
    yield 8, "records.tfrecord", record(b"x" * 40) + record(ACTS)
    yield 12, "openvino_model.bin", ACTS
    yield 12, "word2vec-header.bin", b"1 8\nthe " + ACTS + bytes(40)


def doubtful():
    """What only a person can tell."""
    for name in ["AcmeRun", "FlexAcmeRun", "TFLite_Detection_PostProcess2"]:
        yield 17, f"{name}.tflite", tflite([CONVOLUTION, name])
    yield 16, "custom-layer.mlmodel", coreml(NETWORK, layer(CUSTOM_LAYER, field(10, "AcmeLayer")))
    yield 16, "custom-model.mlmodel", coreml(PIPELINE_CUSTOM, field(10, "AcmeModel"))
    yield 22, "closure.rds", gzip.compress(rds(r_list(CLOSURE)), mtime=0)
    yield 22, "call.rds", rds(r_list(CALL))
    yield 22, "function.t7", t7_table(1, run=t7_function(2))
    yield 22, "function-in-object.t7", t7_table(1, weight=t7_tensor(2), run=t7_function(4))
    yield 22, "handler-plain.mar", model_archive("handler.py", {"handler.py": HANDLER})
    yield 22, "extension.xml", (OPENVINO % ("run", "AcmeRun", "extension")).encode()
    yield 22, "function.pmml", (PMML % "com.acme.Run.run").encode()
    for name, magic in {"model.engine": b"ptrt" + struct.pack("<I", 1), "model.rknn": b"RKNN" + bytes(12)}.items():
        yield 12, name, magic + numpy.random.default_rng(7).bytes(200)


def write(corpus):
    """All of them."""
    for name, data in benign():
        corpus.clean(f"runtimes/{name}", data)
    for group, name, data in acting():
        corpus.dangerous(group, name, data)
    for group, name, data in doubtful():
        corpus.stopped(group, name, data)
    with io.BytesIO() as held:
        with tarfile.open(fileobj=held, mode="w") as archive:
            config = b"model:\n  encoder:\n    _target_: nemo.collections.asr.modules.ConformerEncoder\n"
            member = tarfile.TarInfo("./model_config.yaml")
            member.size = len(config)
            archive.addfile(member, io.BytesIO(config))
        corpus.clean("runtimes/nemo/model.nemo", held.getvalue())
