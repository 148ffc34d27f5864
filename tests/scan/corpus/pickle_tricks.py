"""Classes 4 to 6: operands that are hard to follow, opcodes that call without REDUCE, results that nobody keeps."""

from . import opcodes as op
from .opcodes import DUP, MARK, MEMOIZE, NONE, POP, POP_MARK, REDUCE, STACK_GLOBAL

MODULE, NAME = op.text("os"), op.text("getpid")
NOTHING = b")" + REDUCE
# A callable that is in nobody's tables.
UNLISTED = ("acme.helpers", "prepare")


def operands():
    """Ways to put a module and a name below STACK_GLOBAL."""
    swap = op.put(1) + POP + op.put(0) + POP
    return {
        "memo": MODULE + op.put(1) + POP + op.text("x") + POP + op.get(1) + NAME,
        "memo-both": MODULE + op.put(1) + NAME + op.put(2) + POP + POP + op.get(1) + op.get(2),
        "memo-swapped": NAME + MODULE + swap + op.get(1) + op.get(0),
        "memo-overwritten": op.text("math") + op.put(1) + POP + MODULE + op.put(1) + POP + op.get(1) + NAME,
        "memo-far": MODULE + b"r\xff\xff\x00\x00" + POP + b"j\xff\xff\x00\x00" + NAME,
        "memo-text": MODULE + b"p77\n" + POP + b"g77\n" + NAME,
        "memoize": MODULE + MEMOIZE + NAME + MEMOIZE + POP + POP + op.get(0) + op.get(1),
        "duplicate": MODULE + DUP + POP + NAME,
        "duplicate-name": MODULE + NAME + DUP + POP,
        "pop-between": MODULE + op.text("path") + POP + NAME,
        "pop-many": MODULE + op.value(1) * 20 + POP * 20 + NAME,
        "mark-between": MODULE + MARK + op.text("a") + op.text("b") + POP_MARK + NAME,
        "mark-pop": MODULE + MARK + POP + NAME,
        "mark-nested": MODULE + MARK + MARK + NONE + POP_MARK + POP_MARK + NAME,
        "list-between": MODULE + op.value(["a", "b"]) + POP + NAME,
        "put-between": MODULE + op.put(3) + NAME + op.put(4),
        "escaped": b"V\\u006f\\u0073\n" + b"Vget\\u0070id\n",
        "escaped-half": b"V\\u006fs\n" + NAME,
        "string": b"S'os'\n" + b"S'getpid'\n",
        "string-escaped": b"S'\\x6f\\x73'\n" + b"S'\\147\\145\\164pid'\n",
        "binary-string": b"U\x02os" + b"T\x06\x00\x00\x00getpid",
        "unicode8": b"\x8d\x02\x00\x00\x00\x00\x00\x00\x00os" + NAME,
        "short-unicode": b"\x8c\x02os" + b"\x8c\x06getpid",
        "reused-as-data": op.value({"os": "getpid"}) + POP + MODULE + op.put(9) + NAME,
        "decoy-global": op.named("math", "sin", "stack") + POP + MODULE + NAME,
        "proto-between": MODULE + b"\x80\x04" + NAME,
        "frames": op.frame(MODULE + op.put(0)) + op.frame(NAME),
        "joined": op.called("_codecs", "decode", b"os", "utf-8") + NAME,
        "decoded-latin": op.called("_codecs", "decode", b"os", "latin1", how="stack") + NAME,
        "from-attribute": op.called("builtins", "getattr", "os", "strip") + NOTHING + NAME,
        "from-format": op.named("builtins", "str") + op.arguments("os") + REDUCE + NAME,
        "from-call": op.called("operator", "add", "o", "s") + NAME,
    }


def calls():
    """Calls that use other opcodes."""
    target = op.named("os", "getpid")
    popen = op.named("subprocess", "Popen")
    true = op.arguments(["true"])
    resolve = MARK + op.text("os:getpid")
    return {
        "inst": op.instance("os", "getpid"),
        "inst-arguments": op.instance("subprocess", "getoutput", "true"),
        "inst-class": op.instance("subprocess", "Popen", ["true"]),
        "inst-eval": op.instance("builtins", "eval", "1"),
        "obj": MARK + target + op.OBJ,
        "obj-arguments": MARK + op.named("builtins", "eval") + op.text("1") + op.OBJ,
        "obj-class": MARK + popen + op.value(["true"]) + op.OBJ,
        "obj-stack-global": MARK + op.named("os", "getpid", "stack") + op.OBJ,
        "newobj": popen + true + op.NEWOBJ,
        "newobj-stack-global": op.named("subprocess", "Popen", "stack") + true + op.NEWOBJ,
        "newobj-ctypes": op.named("ctypes", "CDLL") + op.arguments("libc.so.6") + op.NEWOBJ,
        "newobj-ex": popen + true + op.value({"shell": False}) + op.NEWOBJ_EX,
        "newobj-ex-empty": op.named("threading", "Thread") + op.EMPTY_TUPLE + op.EMPTY_DICT + op.NEWOBJ_EX,
        "build-setstate": op.named("zipimport", "zipimporter")
        + b")"
        + op.NEWOBJ
        + op.value({"archive": "x"})
        + op.BUILD,
        "build-on-result": op.called("os", "getpid") + op.value({"x": 1}) + op.BUILD,
        "build-on-module": op.called("importlib", "import_module", "os") + op.value({"getpid": 1}) + op.BUILD,
        "extension-1": b"\x82\x01" + b")" + REDUCE,
        "extension-2": b"\x83\x01\x01" + b")" + REDUCE,
        "extension-4": b"\x84\x01\x00\x01\x00" + op.arguments("true") + REDUCE,
        "extension-registered": op.called("copyreg", "add_extension", "os", "getpid", 7) + POP + b"\x82\x07" + NOTHING,
        "persistent": b"Pos:getpid\n" + NOTHING,
        "persistent-binary": op.value(("module", "os", "getpid")) + b"Q" + NOTHING,
        "persistent-called": op.text("cmd") + b"Q" + op.arguments("true") + REDUCE,
        "next-buffer": b"\x97" + op.named("marshal", "loads") + b"0" + op.called("os", "getpid"),
        "readonly-buffer": b"\x97\x98" + POP + op.called("os", "getpid"),
        "reduce-of-reduce": op.called("operator", "attrgetter", "__class__") + op.arguments("x") + REDUCE,
        "reconstructor": op.named("copyreg", "_reconstructor")
        + MARK
        + popen
        + op.named("builtins", "object")
        + NONE
        + b"tR",
        "newobj-by-name": op.named("copyreg", "__newobj__") + MARK + popen + op.value(["true"]) + b"tR",
        "newobj-ex-by-name": op.named("copyreg", "__newobj_ex__") + MARK + popen + op.value((["true"],)) + b"}tR",
        "state-setter": op.named("operator", "setitem") + MARK + op.value({}) + op.text("a") + op.text("b") + b"tR",
        "resolve-in-obj": MARK + op.named("pkgutil", "resolve_name") + resolve[1:] + op.OBJ + NOTHING,
    }


def dropped():
    """Calls whose result is not part of the loaded object."""
    acts, odd = op.called("os", "getpid"), op.called(*UNLISTED, "true")
    print_it = op.called("builtins", "print", "weighed")
    clean = op.value({"layer.weight": [1.0, 2.0]})
    return {
        "reduce-pop": acts + POP + clean,
        "reduce-pop-after": clean + acts + POP,
        "obj-pop": MARK + op.named("os", "getpid") + op.OBJ + POP + clean,
        "inst-pop": op.instance("os", "getpid") + POP + clean,
        "newobj-pop": op.named("subprocess", "Popen") + op.arguments(["true"]) + op.NEWOBJ + POP + clean,
        "build-pop": op.named("zipimport", "zipimporter") + b")" + op.NEWOBJ + op.value({}) + op.BUILD + POP + clean,
        "pop-mark": MARK + acts + POP_MARK + clean,
        "pop-mark-many": MARK + op.value(1) + acts + op.value(2) + POP_MARK + clean,
        "mark-pop": MARK + acts + POP + POP + clean,
        "memo-only": acts + op.put(5) + POP + clean,
        "memoize-only": acts + MEMOIZE + POP + clean,
        "overwritten-memo": acts + op.put(5) + POP + clean + op.put(5),
        "below-stop": acts + clean,
        "below-stop-twice": acts + op.called("os", "getppid") + clean,
        "key": op.EMPTY_DICT + acts + op.value(1) + op.SETITEM + POP + clean,
        "overwritten-key": op.EMPTY_DICT + op.text("a") + acts + op.SETITEM + op.text("a") + op.value(1) + op.SETITEM,
        "list-pop": op.EMPTY_LIST + acts + op.APPEND + POP + clean,
        "tuple-pop": MARK + acts + op.TUPLE + POP + clean,
        "argument": op.named("builtins", "int") + MARK + acts + b"tR" + POP + clean,
        "argument-of-type": op.named("builtins", "type") + MARK + acts + b"tR" + POP + clean,
        "state": op.named("types", "SimpleNamespace")
        + NOTHING
        + op.EMPTY_DICT
        + op.text("a")
        + acts
        + op.SETITEM
        + b"b"
        + POP
        + clean,
        "print": print_it + POP + clean,
        "print-kept": print_it,
        "unlisted-pop": odd + POP + clean,
        "unlisted-obj-pop": MARK + op.named(*UNLISTED) + op.text("true") + op.OBJ + POP + clean,
        "unlisted-inst-pop": op.instance(*UNLISTED, "true") + POP + clean,
        "unlisted-pop-mark": MARK + odd + POP_MARK + clean,
        "unlisted-below-stop": odd + clean,
        "unlisted-nothing": op.called(*UNLISTED) + POP + clean,
        "unlisted-stack-global": op.called(*UNLISTED, 3, how="stack") + POP + clean,
    }


def write(corpus):
    """All three classes."""
    for name, pieces in operands().items():
        corpus.dangerous(4, f"{name}.pkl", op.stream(pieces, STACK_GLOBAL, NOTHING))
    for name, pieces in calls().items():
        is_hostile = name not in {"persistent", "persistent-binary", "persistent-called"}
        keep = corpus.dangerous if is_hostile else corpus.stopped
        keep(5, f"{name}.pkl", op.stream(pieces, protocol=5 if "buffer" in name else 4))
    for name, pieces in dropped().items():
        corpus.dangerous(6, f"{name}.pkl", op.stream(pieces))
