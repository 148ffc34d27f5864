"""Classes 7 to 9: streams that break after the payload, payloads beyond the first stream, readers that disagree."""

import io
import pickle
import random
import struct

import joblib
import numpy

from . import opcodes as op
from .store import made_by

HEAD = b"\x80\x04"
ACTS = op.called("os", "getpid")
SYSTEM = op.called("subprocess", "getoutput", "true", how="stack")
CLEAN = op.value({"layer.weight": [1.0, 2.0], "epoch": 3})


def broken():
    """What comes after the call. Python runs the call before it notices."""
    dumped = pickle.dumps({"weights": list(range(100)), "name": "x" * 50}, 4)
    rests = {
        "nothing": b"",
        "unknown-opcode": b"\xff",
        "unknown-opcode-zero": b"\x00",
        "text": b"this is not a pickle",
        "bad-utf8": b"X\x02\x00\x00\x00\xff\xfe.",
        "bad-utf8-short": b"\x8c\x02\xc3\x28.",
        "bad-escape": b"V\\uZZZZ\n.",
        "huge-text": b"X\xff\xff\xff\xffabc",
        "huge-bytes": b"B\xff\xff\xff\x7fabc",
        "huge-bytes8": b"\x8e" + b"\xff" * 7 + b"\x7f",
        "huge-bytearray": b"\x96" + b"\xff" * 7 + b"\x7f",
        "huge-long": b"\x8b\xff\xff\xff\x7f",
        "negative-long": b"\x8b\xff\xff\xff\xff",
        "underflow": b"00000",
        "mark-missing": b"t.",
        "memo-missing": b"h\xfe.",
        "bad-int": b"Iabc\n.",
        "bad-float": b"Fabc\n.",
        "cut-global": b"cmath\n",
        "cut-text": b"X\x10\x00\x00\x00abc",
        "cut-pickle": dumped[2:60],
        "cut-frame": b"\x95\x40\x00\x00\x00\x00\x00\x00\x00N",
        "setitem-on-none": b"NNNs.",
        "append-on-none": b"NNa.",
        "call-of-none": b"N)R.",
        "extension-zero": b"\x82\x00.",
        "protocol-nine": b"\x80\x09.",
        "raises": op.called("builtins", "int", "x") + b".",
        "missing-module": op.named("no_such_module_here", "x") + b".",
    }
    return {name: HEAD + (ACTS if number % 2 else SYSTEM) + rest for number, (name, rest) in enumerate(rests.items())}


def joblib_dumped(thing, **how):
    """What `joblib.dump` writes."""
    held = io.BytesIO()
    joblib.dump(thing, held, **how)
    return held.getvalue()


def stacked():
    """Payloads beyond the first STOP, between raw arrays, and behind a lot of work."""
    clean, acts = op.stream(CLEAN), op.stream(ACTS)
    noise = random.Random("stacked").randbytes
    arrays = {"a": numpy.arange(400.0), "b": numpy.ones((30, 3), dtype="f4"), "evil": op.Calls(print, "weighed")}
    first = {"evil": op.Calls(print, "weighed"), **arrays}
    raw = joblib_dumped({"a": numpy.arange(64.0)})
    work = b"N0" * 150_000
    return {
        "second": clean + acts,
        "third": clean * 2 + acts,
        "hundredth": clean * 99 + acts,
        "between": clean + acts + clean,
        "protocol-0-second": clean + op.stream(ACTS, protocol=None),
        "protocol-2-second": clean + op.stream(ACTS, protocol=2),
        "tiny-first": b"N." + acts,
        "after-zeros": clean + bytes(64) + acts,
        "after-newline": clean + b"\n" + acts,
        "after-noise": clean + b"\xff" + noise(64).replace(b"\x80", b"\x7f") + acts,
        "after-text": clean + b"# weights follow\n" + acts,
        "after-padding": clean + bytes(5000) + acts,
        "before-noise": acts + noise(500),
        "after-broken": clean[:-1] + b"\xff" + acts,
        "work": HEAD + work + ACTS + b".",
        "work-memo": HEAD + b"N" + b"".join(b"r" + struct.pack("<I", n) for n in range(60_000)) + ACTS + b".",
        "work-strings": HEAD + b"".join(op.text(f"layer.{n}") + b"0" for n in range(20_000)) + ACTS + b".",
        "work-lists": HEAD + b"](" * 20_000 + b"1" * 20_000 + ACTS + b".",
        "work-then-second": HEAD + work + b"N." + acts,
        "long-comment": HEAD + op.text("x" * 2_000_000) + b"0" + ACTS + b".",
        "joblib-after": joblib_dumped(arrays),
        "joblib-before": joblib_dumped(first),
        "joblib-second": raw + acts,
        "joblib-in-array": raw.replace(numpy.arange(64.0).tobytes(), acts.ljust(512, b"\0")),
        "joblib-zlib": joblib_dumped(arrays, compress=("zlib", 3)),
        "joblib-gzip": joblib_dumped(arrays, compress=("gzip", 3)),
        "joblib-list": joblib_dumped([numpy.zeros(9), op.Calls(eval, "1"), numpy.ones(9)]),
        "joblib-objects": joblib_dumped(numpy.array([op.Calls(eval, "1"), 2], dtype=object)),
        "joblib-fortran": joblib_dumped({"a": numpy.asfortranarray(numpy.ones((20, 20))), "x": op.Calls(exec, "1")}),
    }


def divided():
    """Bytes in which `pickle.py`, `_pickle` and `pickletools` see different programs."""
    hidden = ACTS + b"."
    across = b"X" + struct.pack("<I", len(hidden))
    frame, text = op.frame, op.text
    in_text = op.text("a" * 10)
    return {
        # The frame ends within the argument: a reader that drops it goes on with what is inside.
        "text-across": HEAD + frame(across, size=len(across)) + hidden + b"0" + CLEAN + b".",
        "text-across-by-one": HEAD + frame(across + hidden[:1], size=len(across) + 1) + hidden[1:] + b"0N.",
        "bytes-across": HEAD + frame(b"B" + struct.pack("<I", len(hidden)), size=5) + hidden + b"0N.",
        "bytes8-across": HEAD + frame(b"\x8e" + struct.pack("<Q", len(hidden)), size=9) + hidden + b"0N.",
        "unicode8-across": HEAD + frame(b"\x8d" + struct.pack("<Q", len(hidden)), size=9) + hidden + b"0N.",
        "bytearray-across": HEAD + frame(b"\x96" + struct.pack("<Q", len(hidden)), size=9) + hidden + b"0N.",
        "short-across": HEAD + frame(b"\x8c" + bytes([len(hidden)]), size=2) + hidden + b"0N.",
        "line-across": HEAD + frame(b"cmath\n", size=6) + b"sin\n0" + ACTS + b".",
        "line-cut": HEAD + frame(b"cos", size=3) + b"\ngetpid\n)R.",
        "int-across": HEAD + frame(b"J\x01\x02", size=3) + b"\x03\x040" + ACTS + b".",
        "opcode-across": HEAD + frame(ACTS[:-1], size=len(ACTS) - 1) + ACTS[-1:] + b".",
        "frame-in-frame": HEAD + frame(frame(ACTS) + b"N0", size=len(ACTS) + 11) + b".",
        "frame-in-frame-longer": HEAD + frame(frame(text("x"), b"0", ACTS)) + b".",
        "frame-in-frame-text": HEAD + frame(frame(in_text, size=4) + b"0" + ACTS) + b".",
        "frame-too-long": HEAD + frame(ACTS, b".", size=5000),
        "frame-too-long-clean": HEAD + frame(CLEAN, b".", size=1 << 40),
        "frame-too-short": HEAD + frame(ACTS, b".", size=3),
        "frame-of-nothing": HEAD + frame(b"") + ACTS + b".",
        "frame-half": HEAD + b"\x95\x10\x00\x00",
        "frame-after-stop": HEAD + frame(CLEAN, b".", ACTS, b"."),
        "protocol-lies-low": b"\x80\x00" + SYSTEM + b".",
        "protocol-lies-one": b"\x80\x01" + frame(SYSTEM) + b".",
        "protocol-twice": b"\x80\x02" + b"\x80\x04" + op.named("random", "_os.getpid") + b")R.",
        "protocol-raised": b"\x80\x02" + b"\x80\x05" + op.called("random", "_os.getpid", how="stack") + b".",
        "protocol-late": SYSTEM + b"\x80\x04" + b".",
        "left-over": HEAD + ACTS + b"(" + CLEAN + b".",
        "left-over-mark": HEAD + b"((" + ACTS + b".",
        "put-negative": HEAD + ACTS + b"p-1\n0N.",
        "put-text": HEAD + ACTS + b"pabc\n0N.",
        "get-spaces": HEAD + ACTS + b"p1\n0g 1\n.",
        "int-bool": HEAD + b"I01\n0" + ACTS + b".",
        "int-underscore": HEAD + b"I1_0\n0" + ACTS + b".",
        "long-spaces": HEAD + b"L 1L\n0" + ACTS + b".",
        "string-unquoted": HEAD + ACTS + b"Sabc\n.",
        "string-quotes": HEAD + ACTS + b"S'abc\"\n.",
        "global-non-ascii": HEAD + b"cos\ngetpid\xc3\xa9\n" + b"0" + ACTS + b".",
        "carriage-return": HEAD + b"cos\r\ngetpid\r\n)R0" + ACTS + b".",
    }


def write(corpus):
    """All three classes."""
    for name, data in broken().items():
        corpus.dangerous(7, f"{name}.pkl", data)
    for name, data in stacked().items():
        by = made_by("joblib", "numpy") if name.startswith("joblib") else None
        corpus.dangerous(8, f"{name}.{'joblib' if by else 'pkl'}", data, by)
    harmless = {"frame-too-long-clean", "frame-half"}
    for name, data in divided().items():
        keep = corpus.stopped if name in harmless else corpus.dangerous
        keep(9, f"{name}.pkl", data)
