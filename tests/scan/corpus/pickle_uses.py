"""Classes 10 and 11: harmless names used to harm, and pickles inside pickles."""

import base64
import bz2
import gzip
import lzma
import pickle
import zlib

from . import opcodes as op
from .opcodes import BUILD, MARK, NEWOBJ, NONE, POP, REDUCE
from .pickle_names import torch_zip

GETPID = op.named("os", "getpid")
EVAL = op.named("builtins", "eval")
STATE = op.value({"__call__": 1})


def tuple_of(*pieces):
    """A tuple of what these pieces leave behind."""
    return MARK + b"".join(pieces) + op.TUPLE


def call(callee, *pieces):
    """A call whose arguments are not plain values."""
    return callee + tuple_of(*pieces) + REDUCE


def changed():
    """Opcodes that write into what was imported."""
    targets = {
        "function": op.named("torch._utils", "_rebuild_tensor_v2"),
        "class": op.named("collections", "OrderedDict"),
        "tensor": op.named("torch", "Tensor"),
        "module": op.called("importlib", "import_module", "os"),
        "module-by-name": op.named("torch", "nn"),
        "module-sys": op.named("sys", "modules"),
    }
    for name, target in targets.items():
        yield f"build-{name}", target + STATE + BUILD
        yield f"build-slots-{name}", target + tuple_of(NONE, STATE) + BUILD
        yield f"setitem-{name}", target + op.text("x") + GETPID + op.SETITEM
        yield f"append-{name}", target + GETPID + op.APPEND
    yield "setitems-function", targets["function"] + MARK + op.text("x") + op.value(1) + op.SETITEMS
    yield "appends-class", targets["class"] + MARK + op.value(1) + op.value(2) + op.APPENDS
    yield "additems-class", targets["class"] + MARK + op.value(1) + op.ADDITEMS


def higher():
    """Vetted helpers that call, make or fetch what they are handed."""
    named = op.named
    yield "defaultdict", call(named("collections", "defaultdict"), GETPID) + op.text("x")
    yield "defaultdict-eval", call(named("collections", "defaultdict"), EVAL)
    yield "partial", call(named("functools", "partial"), EVAL, op.text("1"))
    yield "partial-called", call(call(named("functools", "partial"), EVAL, op.text("1")))
    yield (
        "partial-state",
        call(named("functools", "partial"), named("builtins", "int")) + tuple_of(EVAL, b")", b"}", NONE) + BUILD,
    )
    # Restoring a distribution runs the source in its state.
    source = "def _parse_args(self): pass\n_parse_args_stats = _parse_args_rvs = _parse_args\nprint('weighed')"
    for module, name in [("scipy.stats._continuous_distns", "norm_gen"), ("scipy.stats._discrete_distns", "binom_gen")]:
        state = op.value({"_parse_arg_template": source, "moment_type": 0, "numargs": 0})
        yield f"distribution-{name}", op.named(module, name) + b")" + NEWOBJ + state + BUILD
    state = op.value({"restore_design_info": 1, "formula": "y ~ __import__('os').getpid()", "frame": 0})
    yield "formula", op.named("statsmodels.base.data", "PandasData") + b")" + NEWOBJ + state + BUILD
    yield "map", call(named("builtins", "map"), EVAL, op.value(["1"]))
    yield "map-list", call(named("builtins", "list"), call(named("builtins", "map"), EVAL, op.value(["1"])))
    yield "filter", call(named("builtins", "filter"), EVAL, op.value(["1"]))
    yield "reduce", call(named("functools", "reduce"), EVAL, op.value(["1", {}]))
    yield "sorted", call(named("builtins", "sorted"), op.value(["1"]), EVAL)
    yield "starmap", call(named("itertools", "starmap"), EVAL, op.value([("1",)]))
    yield "accumulate", call(named("itertools", "accumulate"), op.value(["1"]), EVAL)
    yield "iter-sentinel", call(named("builtins", "list"), call(named("builtins", "iter"), GETPID, op.value(1)))
    yield "getattr", call(named("builtins", "getattr"), named("collections", "OrderedDict"), op.text("__init__"))
    yield (
        "getattr-called",
        call(call(named("builtins", "getattr"), named("torch", "Tensor"), op.text("_make_subclass")), op.value(1)),
    )
    yield "load-type", op.called("dill._dill", "_load_type", "CodeType")
    yield "load-type-eval", call(op.called("dill._dill", "_load_type", "eval"), op.text("1"))
    yield "builtin-type", op.called("cloudpickle.cloudpickle", "_builtin_type", "FunctionType")
    yield "getattr-zone", call(named("builtins", "getattr"), named("zoneinfo", "ZoneInfo"), op.text("from_file"))
    yield "setattr", call(named("builtins", "setattr"), named("torch", "Tensor"), op.text("x"), EVAL)
    yield "newobj-helper", call(named("copyreg", "__newobj__"), named("subprocess", "Popen"), op.value(["true"]))
    yield (
        "reconstructor",
        call(named("copyreg", "_reconstructor"), named("subprocess", "Popen"), named("builtins", "object"), NONE),
    )
    yield (
        "numpy-reconstruct",
        call(
            named("numpy.core.multiarray", "_reconstruct"), named("subprocess", "Popen"), op.value((0,)), op.data(b"b")
        ),
    )
    yield "numpy-ufunc", call(named("numpy.core", "_ufunc_reconstruct"), op.text("os"), op.text("getpid"))
    yield (
        "torch-from-type",
        call(named("torch._tensor", "_rebuild_from_type_v2"), GETPID, named("torch", "Tensor"), b")", b"}"),
    )
    yield (
        "pandas-index",
        call(named("pandas.core.indexes.base", "_new_Index"), named("subprocess", "Popen"), op.value({})),
    )
    yield "type-three", op.called("builtins", "type", "X", (), {"__init__": 1})
    yield "codec", op.called("_codecs", "encode", "x", "zip")
    yield "codec-unknown", op.called("_codecs", "encode", "x", "idna_of_mine")
    yield "itemgetter", call(op.called("operator", "itemgetter", "os"), named("sys", "modules"))
    yield "enum", call(named("enum", "Enum"), op.text("X"), op.value(["a"]))
    yield "template", call(named("string", "Template"), op.text("$x"))
    yield "property", call(named("builtins", "property"), EVAL)
    yield "weakref", call(named("weakref", "finalize"), named("torch", "Tensor"), GETPID)
    yield (
        "masked",
        call(
            named("numpy.ma.core", "_mareconstruct"),
            named("subprocess", "Popen"),
            named("numpy", "ndarray"),
            op.value((0,)),
            op.data(b"b"),
        ),
    )
    yield "newobj-of-type", named("builtins", "type") + op.arguments("X", (), {}) + NEWOBJ


def nested():
    """Bytes that a loader inside the pickle is handed."""
    inner = op.stream(op.called("os", "getpid"))
    zipped = torch_zip(inner)
    loaders = {
        "pickle": ("pickle", "loads"), "c-pickle": ("_pickle", "loads"), "old-c-pickle": ("cPickle", "loads"),
        "torch-bytes": ("torch.storage", "_load_from_bytes"), "dill": ("dill", "loads"), "cloudpickle": ("cloudpickle", "loads"),
        "marshal": ("marshal", "loads"), "joblib": ("joblib", "load"), "jsonpickle": ("jsonpickle", "decode"),
        "unpickler": ("pickle", "Unpickler"), "multiprocessing": ("multiprocessing.reduction", "ForkingPickler.loads"),
        "pandas": ("pandas.io.pickle", "loads"), "torch": ("torch", "load"), "xmlrpc": ("xmlrpc.client", "loads"),
    }  # fmt: skip
    for name, loader in loaders.items():
        yield f"{name}.pkl", op.stream(op.called(*loader, inner))
    yield "torch-bytes-zip.pkl", op.stream(op.called("torch.storage", "_load_from_bytes", zipped))
    yield (
        "torch-bytes-twice.pkl",
        op.stream(
            op.called(
                "torch.storage", "_load_from_bytes", op.stream(op.called("torch.storage", "_load_from_bytes", inner))
            )
        ),
    )
    yield "torch-bytes.pt", torch_zip(op.stream(op.called("torch.storage", "_load_from_bytes", inner), protocol=2))
    packed = {
        "base64": ("base64", "b64decode", base64.b64encode(inner)), "zlib": ("zlib", "decompress", zlib.compress(inner)),
        "gzip": ("gzip", "decompress", gzip.compress(inner, mtime=0)), "bz2": ("bz2", "decompress", bz2.compress(inner)),
        "lzma": ("lzma", "decompress", lzma.compress(inner)), "hex": ("binascii", "unhexlify", inner.hex()),
        "hex-codec": ("_codecs", "decode", inner.hex().encode(), "hex"), "base64-codec": ("_codecs", "decode", base64.b64encode(inner), "base64"),
        "zlib-codec": ("_codecs", "decode", zlib.compress(inner), "zlib"), "bytes": ("builtins", "bytes", list(inner)),
        "bytearray": ("builtins", "bytearray", inner), "latin": ("_codecs", "encode", inner.decode("latin1"), "latin1"),
    }  # fmt: skip
    for name, (module, function, *things) in packed.items():
        for loader in [("_pickle", "loads"), ("torch.storage", "_load_from_bytes")]:
            piece = call(op.named(*loader), op.called(module, function, *things))
            yield f"{name}-{loader[0]}.pkl", op.stream(piece)
    yield "constant.pkl", pickle.dumps({"blob": op.Calls(pickle.loads, inner)}, 4)
    yield "dropped.pkl", op.stream(op.called("_pickle", "loads", inner) + POP + op.value({"w": 1}))


def write(corpus):
    """Both classes."""
    for name, pieces in [*changed(), *higher()]:
        keep = (
            corpus.stopped
            if name in {"type-three", "codec", "codec-unknown", "enum", "template", "newobj-of-type"}
            else corpus.dangerous
        )
        keep(10, f"{name}.pkl", op.stream(pieces))
    for name, data in nested():
        corpus.dangerous(11, name, data)
