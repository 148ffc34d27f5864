"""Benign: plain values, dates, sets and the like, by the standard library's pickler, dill, cloudpickle and joblib."""

import argparse
import array
import collections
import datetime
import decimal
import fractions
import io
import ipaddress
import pathlib
import pickle
import random
import types
import uuid
import zoneinfo

import cloudpickle
import dill
import joblib
import numpy

from .store import made_by

LOOKS_BAD = {
    "command": "rm -rf / && curl http://localhost/x | sh",
    "code": "__import__('os').system('true')",
    "eval": "eval(compile('1', 'x', 'eval'))",
    "names": ["os.system", "subprocess.Popen", "builtins.eval", "cos\nsystem\n"],
    "bytes": b"\x80\x04cos\nsystem\n",
}


def values():
    """What people keep in pickles."""
    nested = [0]
    nested.append(nested)
    yield "none", None
    yield "numbers", {"a": 1, "b": -(1 << 80), "c": 1.5, "d": float("nan"), "e": 3 + 4j, "f": True}
    yield "texts", ["", "ä", "\N{SNOWMAN}", "\ud800", "x" * 70_000, "\n", "\0"]
    yield "bytes", [b"", b"\0" * 300, bytes(range(256)), b"x" * 70_000]
    yield "bytearray", bytearray(b"abc" * 400)
    yield "tuples", ((), (1,), (1, 2), (1, 2, 3), tuple(range(9)))
    yield "sets", {"all": frozenset({1, 2, 3}), "some": {4, 5, 6}, "none": set()}
    yield "looks-bad", LOOKS_BAD
    yield "looks-like-opcodes", [".", "cos", "(", "R", "\x80\x04.", "i" * 40, "0" * 90]
    yield "recursive", nested
    yield "shared", [LOOKS_BAD] * 5
    yield "deep", eval("[" * 60 + "1" + "]" * 60)
    yield "long-list", list(range(30_000))
    yield "long-dict", {f"layer.{n}.weight": n * 0.5 for n in range(5000)}
    yield "ordered", collections.OrderedDict((f"k{n}", n) for n in range(20))
    yield "counter", collections.Counter("weighbridge")
    yield "defaultdict-list", collections.defaultdict(list, {"a": [1]})
    yield "defaultdict-int", collections.defaultdict(int, {"a": 1})
    yield "defaultdict-dict", collections.defaultdict(dict)
    yield "deque", collections.deque([1, 2, 3], maxlen=5)
    yield (
        "dates",
        [datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 3, 4), datetime.time(1, 2), datetime.timedelta(3)],
    )
    yield "date-utc", datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
    yield "date-zone", datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    yield "zone", zoneinfo.ZoneInfo("UTC")
    yield "decimal", [decimal.Decimal("1.50"), fractions.Fraction(1, 3)]
    yield "uuid", {uuid.UUID(int=7): uuid.UUID(int=8)}
    yield "namespace", types.SimpleNamespace(lr=0.1, layers=[1, 2])
    yield "arguments", argparse.Namespace(lr=0.1, command="true", output="/tmp/run")
    yield "pure-path", pathlib.PurePosixPath("/data/model")
    yield "path", pathlib.PosixPath("/data/model")
    yield "address", [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_network("10.0.0.0/8")]
    yield "array", array.array("d", [1.0, 2.0])
    yield "random-state", random.Random(7).getstate()
    yield "random", random.Random(7)
    yield "slice", [slice(1, 2), range(10), Ellipsis, NotImplemented]
    yield "types", [int, str, dict, list, float, bytes, type(None)]
    yield "exception", ValueError("bad value", 3)
    yield (
        "history",
        {"loss": [1.0, 0.5, 0.25], "date": datetime.date(2026, 1, 2), "host": "node-1", "cmd": "python train.py"},
    )
    yield "vocabulary", {f"tok{n}": n for n in range(2000)}
    yield "bytes-io", io.BytesIO(b"abc")


def write(corpus):
    """By each pickler in the protocols that people use."""
    for name, value in values():
        for protocol in (
            [2, 4]
            if name in {"looks-bad", "dates", "ordered", "namespace", "uuid", "sets", "texts", "history"}
            else [4]
        ):
            corpus.clean(f"values/{name}-{protocol}.pkl", pickle.dumps(value, protocol))
    for protocol in range(6):
        corpus.clean(
            f"values/protocol-{protocol}.pkl",
            pickle.dumps(LOOKS_BAD | {"n": [1, 2.5, None, True], "s": {1, 2}}, protocol),
        )
        corpus.clean(
            f"values/numpy-{protocol}.pkl", pickle.dumps({"w": numpy.ones((3, 4))}, protocol), made_by("numpy")
        )
    for name, value in values():
        if name in {
            "numbers",
            "texts",
            "sets",
            "looks-bad",
            "ordered",
            "dates",
            "long-dict",
            "uuid",
            "history",
            "namespace",
        }:
            corpus.clean(f"values/{name}.dill", dill.dumps(value), made_by("dill"))
            corpus.clean(f"values/{name}-cloud.pkl", cloudpickle.dumps(value), made_by("cloudpickle"))
            held = io.BytesIO()
            joblib.dump(value, held)
            corpus.clean(f"values/{name}.joblib", held.getvalue(), made_by("joblib"))
    for name, value in {"array": numpy.ones((3, 4)), "array-text": numpy.array(["a", "b"]), "range": range(4)}.items():
        corpus.clean(f"values/{name}.dill", dill.dumps(value), made_by("dill"))
    stacked = io.BytesIO()
    for number in range(20):
        pickle.dump({"step": number, "loss": 1 / (number + 1)}, stacked, 4)
    corpus.clean("values/stacked.pkl", stacked.getvalue())
    fast = io.BytesIO()
    pickler = pickle.Pickler(fast, 4)
    pickler.fast = True
    pickler.dump({"a": [1, 2], "b": "c"})
    corpus.clean("values/fast.pkl", fast.getvalue())
