"""What a second corpus, written from the classes alone, found missing: one sample for every mechanism of it."""

import json
import struct

from . import opcodes as op
from .pickle_names import torch_zip
from .store import made_by

ACTS = op.stream(op.called("os", "getpid"))
WEIGHTS = struct.pack("<Q", 2) + b"{}"

TEMPLATES = {
    "two-variables": "{% set a = '__cla' %}{% set b = 'ss__' %}{{ ''[a + b] }}",
    "block-variable": "{% set x %}__class__{% endset %}{{ ''|attr(x) }}",
    "reversed": "{{ ''|attr('__ssalc__'|reverse) }}",
    "replaced": "{{ ''|attr('XXclassXX'|replace('X', '_')) }}",
    "lowered": "{{ ''|attr('__CLASS__'|lower) }}",
    "by-codes": "{{ ''|attr('%c%cclass%c%c'|format(95, 95, 95, 95)) }}",
    "generator-frame": "{{ (messages|map('string')).gi_frame }}",
    "own-context": "{{ self._TemplateReference__context }}",
    "function-globals": "{{ raise_exception.func_globals }}",
    "file": "{% include '/etc/hostname' %}",
    "open": "{{ open('/etc/hostname').read() }}",
    "long-loop": "{% for i in range(999999999) %}{{ i }}{% endfor %}",
    "long-text": "{{ 'a' * 9999999999 }}",
}

# Every way a program has to run a command when it is imported.
PROGRAMS = {
    "function": "import os\n\n\ndef run():\n    os.system('true')\n\n\nrun()\n",
    "two-functions": "import os\n\n\ndef a(): os.system('true')\ndef b(): a()\nb()\n",
    "constructor": "import os\n\n\nclass Net:\n    def __init__(self):\n        os.system('true')\n\n\nnet = Net()\n",
    "metaclass": "import os\n\n\nclass M(type):\n    def __new__(c, *a): os.system('true')\n\n\nclass A(metaclass=M): pass\n",
    "subclass": "import os\n\n\nclass B:\n    def __init_subclass__(c): os.system('true')\n\n\nclass C(B): pass\n",
    "decorator": "import os\n\n\ndef d(f):\n    os.system('true')\n    return f\n\n\n@d\ndef g(): pass\n",
    "coroutine": "import asyncio, os\n\n\nasync def m(): os.system('true')\n\n\nasyncio.run(m())\n",
    "thread": "import os, threading\nthreading.Thread(target=os.system, args=('true',)).start()\n",
    "at-exit": "import atexit, os\natexit.register(os.system, 'true')\n",
    "map": "import os\nlist(map(os.system, ['true']))\n",
    "pair": "import os\na, b = os.system, 1\na('true')\n",
    "walrus": "import os\n(s := os.system)('true')\n",
    "namespace": "import os\nos.__dict__['system']('true')\n",
    "vars": "import os\nvars(os)['sys' + 'tem']('true')\n",
    "modules": "import sys\nsys.modules['os'].system('true')\n",
    "built-name": "import os\ngetattr(os, 'sys' + 'tem')('true')\n",
    "computed-name": "import os\ngetattr(os, 'metsys'[::-1])('true')\n",
    "wide-letters": "import os\nos.\uff53ystem('true')\n",
    "kept-elsewhere": "import builtins, os\nbuiltins.print = os.system\n",
    "connects": "import socket\nsocket.create_connection(('localhost', 9))\n",
    "code-by-text": "__builtins__.__dict__['ex' + 'ec']('print(1)')\n",
    "literal-pickle": "import pickle\npickle.loads(b'N.')\n",
    "import-by-parts": "import importlib\nimportlib.import_module('o' + 's').system('true')\n",
    "guard": "import os\nif __name__ != '__main__':\n    os.system('true')\n",
}

USUAL = {
    "guarded.py": "import os\n\n\ndef main():\n    os.system('true')\n\n\nif __name__ == '__main__':\n    main()\n",
    "methods.py": "import subprocess\n\n\nclass Tool:\n    def run(self, cmd):\n        return subprocess.run(cmd)\n\n\ntool = Tool()\n",
    "types.py": "import subprocess\nfrom typing import Optional\n\n\ndef stop(p: Optional[subprocess.Popen] = None): pass\n",
    "dtype.py": "import torch\n\nname = 'float16'\ndtype = getattr(torch, name)\n",
    "template-text.jinja": "{% set note = 'no __class__ is needed' %}{{ raise_exception('no __class__ is needed here') }}\n",
    "template-price.jinja": "{% if messages[0].price == 123456789 %}{{ x.open() }}{% endif %}{{ messages[0].content|trim }}\n",
}


def bombs():
    """Small pickles of large things."""
    laughs = op.EMPTY_TUPLE + op.put(0)
    for level in range(60):
        laughs += op.MARK + op.get(level) * 3 + op.TUPLE + op.put(level + 1)
    yield "laughs-tuples.pkl", op.stream(laughs)
    lists = op.EMPTY_LIST + op.put(0) + op.value(1) + op.APPEND
    for level in range(40):
        lists += op.EMPTY_LIST + op.put(level + 1) + op.MARK + op.get(level) * 10 + op.APPENDS
    yield "laughs-lists.pkl", op.stream(lists)
    mappings = op.EMPTY_DICT + op.put(0) + op.value("a") + op.value(1) + op.SETITEM
    for level in range(60):
        pairs = b"".join(op.value(key) + op.get(level) for key in "abc")
        mappings += op.EMPTY_DICT + op.put(level + 1) + op.MARK + pairs + op.SETITEMS
    yield "laughs-dicts.pkl", op.stream(mappings)
    yield "deep-tuples.pkl", op.stream(op.EMPTY_TUPLE + b"\x85" * 100_000)
    yield "deep-lists.pkl", op.stream(op.EMPTY_LIST * 100_000 + op.APPEND * 99_999)
    yield "zeros.pkl", op.stream(op.called("builtins", "bytearray", 1 << 40))
    count = op.called("itertools", "count", 0)
    endless = {
        "count": count,
        "cycle": op.called("itertools", "cycle", [1]),
        "repeat": op.called("itertools", "repeat", 0, 1 << 40),
        "enumerate": op.named("builtins", "enumerate") + count + b"\x85" + op.REDUCE,
        "chain": op.named("itertools", "chain") + count + b"\x85" + op.REDUCE,
    }
    for name, iterator in endless.items():
        for module, container in [("builtins", "list"), ("builtins", "frozenset"), ("collections", "deque")]:
            filled = op.named(module, container) + iterator + b"\x85" + op.REDUCE
            yield f"endless-{name}-{container}.pkl", op.stream(filled)
    yield "shape.pkl", op.stream(op.called("numpy", "ndarray", (1 << 40,)))
    yield "shape-zeros.pkl", op.stream(op.called("numpy", "zeros", (1 << 20, 1 << 20)))
    yield "digits-decimal.pkl", op.stream(op.called("decimal", "Decimal", "1e999999999"))
    yield "digits-fraction.pkl", op.stream(op.called("fractions", "Fraction", "1e999999999"))
    yield "power.pkl", op.stream(op.called("builtins", "pow", 10, 1 << 40))
    yield "zeros-bytes.pkl", op.stream(op.called("builtins", "bytes", 1 << 40))


def filled():
    """Tensors and storages that are filled as if they were containers."""
    tensor = op.called("torch._utils", "_rebuild_tensor_v2", 1)
    storage = op.MARK + op.value("storage") + op.named("torch", "FloatStorage") + b"".join(map(op.value, ("0", "cpu", 4)))
    storage += op.TUPLE + b"Q"
    for name, target in [("tensor", tensor), ("storage", storage)]:
        yield f"{name}-setitem.pt", torch_zip(op.stream(target + op.value("a") + op.NONE + op.SETITEM))
        yield f"{name}-append.pt", torch_zip(op.stream(target + op.value(1) + op.APPEND))
        yield f"{name}-setitems.pt", torch_zip(op.stream(target + op.MARK + op.value("a") + op.NONE + op.SETITEMS))
    less = op.MARK + op.value("storage") + op.named("torch", "FloatStorage") + b"".join(map(op.value, ("0", "cpu", -4)))
    yield "storage-negative.pt", torch_zip(op.stream(less + op.TUPLE + b"Q"))


def write(corpus):
    """A file or a folder each."""
    for name, template in TEMPLATES.items():
        corpus.dangerous(19, f"unseen-{name}.jinja", template.encode())
    for name, program in PROGRAMS.items():
        corpus.dangerous(21, f"unseen-{name}.py", program.encode())
    for name, data in bombs():
        corpus.dangerous(23, f"unseen-{name}", data)
    for name, data in filled():
        corpus.dangerous(15, f"unseen-{name}", data)
    for name, before in [
        ("gif", b"GIF89a\1\0\1\0\0\0\0;"),
        ("png", b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xaeB`\x82"),
        ("wav", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\0\0\0\0"),
    ]:
        corpus.dangerous(12, f"unseen-behind.{name}", before + ACTS)
    for name, length, header in [
        ("long", 101 << 20, b"{}"),
        ("huge", 1 << 62, b"{}"),
        ("list", 2, b"[]"),
        ("mark", 5, b"\xef\xbb\xbf{}"),
        ("space", 4, b"  {}"),
    ]:
        corpus.dangerous(20, f"unseen-{name}.safetensors", struct.pack("<Q", length) + header)
    for callee in ["os.system", "subprocess.Popen", "builtins.exec", "hydra.utils.get_method"]:
        corpus.dangerous(22, f"unseen-{callee}.json", json.dumps({"model": {"_target_": callee}}).encode())
    for command in ["sh.Command", "invoke.run", "plumbum.local", "ptyprocess.PtyProcess"]:
        corpus.dangerous(1, f"unseen-{command}.pkl", op.stream(op.called(*command.split("."), "true")))
    index = json.dumps({"metadata": {}, "weight_map": {"w": "../../other.bin"}}).encode()
    corpus.dangerous(21, "unseen-index", {"model.safetensors.index.json": index, "model.safetensors": WEIGHTS})
    adapter = json.dumps({"auto_mapping": {"parent_library": "os", "base_model_class": "system"}}).encode()
    corpus.dangerous(21, "unseen-adapter", {"adapter_config.json": adapter})
    corpus.stopped(21, "unseen-letters", {"mod\u0435l.safetensors": WEIGHTS})
    corpus.stopped(21, "unseen-direction", {"model\u202enib.txt": b"text"})
    for name, text in USUAL.items():
        corpus.clean(f"unseen-{name}", text.encode(), made_by())
    shared = op.MARK + op.EMPTY_LIST + op.put(0) + op.value(1) + op.APPEND + op.get(0) * 1000 + op.TUPLE
    corpus.clean("unseen-shared.pkl", op.stream(shared))
