"""Classes 17 and 18: TensorFlow graphs and ONNX models that touch files or call code."""

from onnx import TensorProto, helper

from .store import made_by
from .wire import entry, field

BY = "TensorFlow's messages, by hand"
ONNX_BY = made_by("onnx")


def text(content):
    """An attribute with a text."""
    return field(2, content)


def constant(name, content):
    """A Const that holds one string tensor."""
    tensor = field(1, 7) + field(2, b"") + field(8, content)
    return node(name, "Const", dtype=field(6, 7), value=field(8, tensor))


def node(name, op, *inputs, **attributes):
    """A NodeDef."""
    held = b"".join(field(5, entry(key, value)) for key, value in attributes.items())
    return field(1, name) + field(2, op) + field(3, *inputs) + held


def graph(*nodes, functions=()):
    """A GraphDef."""
    library = field(2, b"".join(field(1, field(1, field(1, name)) + field(3, *body)) for name, body in functions))
    return field(1, *nodes) + (library if functions else b"") + field(4, field(1, 1882))


def saved_model(held):
    """A SavedModel of one graph."""
    info = field(4, "serve") + field(5, "2.16.1")
    return field(1, 1) + field(2, field(1, info) + field(2, held))


SAVING = [
    constant("saver_filename", "model"), constant("save/names", "w"), node("save/SaveV2", "SaveV2", "saver_filename", "save/names"),
    node("save/RestoreV2", "RestoreV2", "saver_filename", "save/names"), node("StatefulPartitionedCall", "StatefulPartitionedCall", "saver_filename"),
]  # fmt: skip
COMPUTING = [
    node("x", "Placeholder", dtype=field(6, 1)), node("w", "VarHandleOp"), node("r", "ReadVariableOp", "w"),
    node("m", "MatMul", "x", "r"), node("y", "Relu", "m"), node("i", "Identity", "y"),
]  # fmt: skip


ACT = [
    "ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc", "WholeFileReaderV2", "DatasetFromGraph",
    "Save", "SaveSlices", "LoadAndRemapMatrix", "ImmutableConst", "CreateSummaryFileWriter", "SaveDataset", "SaveDatasetV2",
]  # fmt: skip
# These read files that somebody named; some models of everyday use have them.
READ = [
    "TextLineDataset",
    "TFRecordDataset",
    "CSVDataset",
    "SqlDataset",
    "InitializeTableFromTextFileV2",
]


def hostile_nodes():
    """Ops that reach files, code or the network."""
    for op in ACT + READ:
        yield op, [constant("path", "/etc/passwd"), node("do", op, "path", "path")]
    printed = node("do", "PrintV2", "path", output_stream=field(2, "file:///tmp/weighed"))
    yield "PrintV2", [constant("path", "x"), printed]
    debugged = node("do", "DebugIdentityV2", "path", debug_urls=field(1, field(2, "file:///tmp/weighed")))
    yield "DebugIdentityV2", [constant("path", "x"), debugged]


def tensorflow():
    """SavedModels, and graphs by themselves."""
    for op, nodes in hostile_nodes():
        yield f"{op}/saved_model.pb", saved_model(graph(*COMPUTING, *SAVING, *nodes))
    read = [constant("path", "/etc/passwd"), node("do", "ReadFile", "path")]
    write = [constant("path", "/tmp/weighed"), node("do", "WriteFile", "path", "path")]
    yield "function/saved_model.pb", saved_model(graph(*COMPUTING, functions=[("inner", read)]))
    yield "nested/saved_model.pb", saved_model(graph(constant("g", graph(*write)), node("d", "DatasetFromGraph", "g")))
    yield "nested-constant/saved_model.pb", saved_model(graph(*COMPUTING, constant("g", graph(*write))))
    yield "frozen.pb", graph(*COMPUTING, *write)
    yield "meta.meta", field(1, field(5, "2.16.1")) + field(2, graph(*COMPUTING, *write))


def model(nodes, initializers=(), functions=(), domains=("",)):
    """An ONNX model."""
    value = helper.make_tensor_value_info
    held = helper.make_graph(nodes, "g", [value("x", 1, [1])], [value("y", 1, [1])], initializer=list(initializers))
    opsets = [helper.make_opsetid(domain, 17) for domain in domains]
    made = helper.make_model(held, opset_imports=opsets, functions=list(functions), producer_name="pytorch")
    return made.SerializeToString()


def outside(location, **more):
    """A tensor whose data lie in another file."""
    tensor = TensorProto(name="w", data_type=1, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    for key, held in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=str(held))
    return tensor


def onnx_models():
    """Paths that leave the folder, and operators that are code."""
    relu = helper.make_node("Relu", ["x"], ["y"])
    paths = [
        "../weights.bin", "/etc/passwd", "a/../../x", "..\\x", "C:\\x", "a/b/../../../x", "/proc/self/environ", "~/x", "file:///etc/passwd",
        "http://localhost:1/x", "//host/share", "..", "./../x", "a\0/../x", "\\\\host\\x",
    ]  # fmt: skip
    for number, path in enumerate(paths):
        yield f"path-{number}", model([relu], [outside(path)]), True
    yield "path-length", model([relu], [outside("w.bin", offset=-1, length=1 << 62)]), False
    inside = helper.make_node("Constant", [], ["c"], value=outside("../x"))
    yield "path-attribute", model([inside, relu]), True
    yield "path-more-keys", model([relu], [outside("w.bin", basepath="/etc", location2="x")]), False
    branch = helper.make_graph([inside], "b", [], [helper.make_tensor_value_info("c", 1, [1])])
    yield "path-branch", model([helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)]), True
    for op in ["PyOp", "PyCustomOpDef_1", "StringECMARegexReplace", "BertTokenizer"]:
        yield (
            f"contrib-{op}",
            model([helper.make_node(op, ["x"], ["y"], domain="ai.onnx.contrib")], domains=("", "ai.onnx.contrib")),
            True,
        )
    for domain in ["acme.ops", "com.acme", "ai.onnx.evil", "com.microsoft.extensions.x"]:
        yield (
            f"domain-{domain}",
            model([helper.make_node("Run", ["x"], ["y"], domain=domain)], domains=("", domain)),
            False,
        )
    body = [helper.make_node("PyOp", ["x"], ["y"], domain="ai.onnx.contrib")]
    function = helper.make_function("acme", "Run", ["x"], ["y"], body, [helper.make_opsetid("ai.onnx.contrib", 1)])
    yield (
        "function",
        model([helper.make_node("Run", ["x"], ["y"], domain="acme")], functions=[function], domains=("", "acme")),
        True,
    )


def write(corpus):
    """Both classes."""
    for name, data in tensorflow():
        if "/" in name:
            folder, _ = name.split("/")
            keep = corpus.stopped if folder in READ else corpus.dangerous
            keep(17, folder, {"saved_model.pb": data, "variables/variables.index": b""}, BY)
        else:
            corpus.dangerous(17, name, data, BY)
    for name, data, acts in onnx_models():
        keep = corpus.dangerous if acts else corpus.stopped
        keep(18, f"{name}.onnx", data, ONNX_BY)
