"""Classes 12 and 13: names that promise something else, and zips that tell two stories."""

import io
import struct
import zipfile
import zlib

import numpy

from . import opcodes as op
from .pickle_names import torch_zip
from .store import made_by

ACTS = op.stream(op.called("os", "getpid"))
OLD = op.stream(op.called("os", "getpid"), protocol=None)
CLEAN = op.stream(op.value({"w": [1.0]}), protocol=2)

NAMES = [
    "model.safetensors", "model.gguf", "picture.jpg", "picture.png", "config.json", "LICENSE", "README.md", "tokenizer.json",
    "vocab.txt", "merges.txt", "notes.pdf", "train.csv", "train.parquet", ".gitattributes", "model.onnx", "model.tflite",
    "sound.wav", "clip.mp4", "params.yaml", "chat_template.jinja", "spiece.model", "special_tokens_map.json",
]  # fmt: skip


def disguised():
    """Pickles and zips under names that no scanner opens."""
    for name in NAMES:
        yield name, ACTS
    for name in ["LICENSE.txt", "data.arrow", "index.html", "model.safetensors.index.json"]:
        yield f"old-{name}", OLD
    for name in ["weights.safetensors", "cover.jpg", "model.bin.txt"]:
        yield f"zip-{name}", torch_zip(ACTS)
    # What is a pickle for one program and something else for another one.
    yield "header.safetensors", struct.pack("<Q", 2) + b"{}" + ACTS
    yield "first-pickle.png", ACTS + b"\x89PNG\r\n\x1a\n" + bytes(40)


def member(name, data, *, flags=0, local=None, crc=None, size=None):
    """A stored member: its local header with data, and its line in the directory."""
    crc = zlib.crc32(data) if crc is None else crc
    size = len(data) if size is None else size
    local_name = (local or name).encode()
    fields = struct.pack("<HHHHHIII", 20, flags, 0, 0, 33, crc, size, size)
    head = b"PK\x03\x04" + fields + struct.pack("<HH", len(local_name), 0) + local_name + data
    entry = b"PK\x01\x02" + b"\x14\0" + fields + struct.pack("<HHHHHI", len(name.encode()), 0, 0, 0, 0, 0)
    return head, entry, name.encode()


def zipped(*members, prefix=b"", gap=b"", suffix=b"", count=None, orphan=b"", comment=b""):
    """A zip put together member by member, with whatever somebody might hide in it."""
    held, directory = prefix, b""
    for head, entry, name in members:
        directory += entry + struct.pack("<I", len(held)) + name
        held += head + gap
    held += orphan
    number = len(members) if count is None else count
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, number, number, len(directory), len(held), len(comment))
    return held + directory + end + comment + suffix


def attacked_zips():
    """Every way in which the directory, the members and the bytes around them can disagree."""
    pickled, version = member("archive/data.pkl", ACTS), member("archive/version", b"3\n")
    good = member("archive/data.pkl", CLEAN)
    hidden = member("archive/data.pkl", ACTS)[0]
    yield "flag-encrypted", zipped(member("archive/data.pkl", ACTS, flags=1), version)
    yield "flag-strong", zipped(member("archive/data.pkl", ACTS, flags=0x41), version)
    yield "flag-masked", zipped(member("archive/data.pkl", ACTS, flags=0x2000), version)
    yield "flag-patched", zipped(member("archive/data.pkl", ACTS, flags=0x20), version)
    yield "flag-clean-content", zipped(member("archive/data.pkl", ACTS, flags=1), member("archive/data/0", bytes(64)))
    yield "name-local", zipped(member("archive/data.pkl", ACTS, local="archive/data.txt"), version)
    yield "name-directory", zipped(member("archive/data.txt", ACTS, local="archive/data.pkl"), version)
    yield "name-case", zipped(member("archive/DATA.pkl", ACTS, local="archive/data.pkl"), version)
    yield "name-nul", zipped(member("archive/data.pkl\0.txt", ACTS), version)
    yield "checksum", zipped(member("archive/data.pkl", ACTS, crc=1), version)
    yield "checksum-zero", zipped(member("archive/data.pkl", ACTS, crc=0), version)
    yield "size-short", zipped(member("archive/data.pkl", ACTS, size=4), version)
    yield "size-long", zipped(member("archive/data.pkl", ACTS, size=1 << 20), version)
    yield "first-broken", zipped(member("a.pkl", b"\x80\x04\xff"), pickled, version)
    yield "first-wrong-checksum", zipped(member("a.txt", b"abc", crc=7), pickled, version)
    yield "duplicate", zipped(good, pickled, version)
    yield "duplicate-first", zipped(pickled, good, version)
    yield "orphan-first", zipped(good, version, prefix=hidden)
    yield "orphan-last", zipped(good, version, orphan=hidden)
    yield "orphan-gap", zipped(good, version, gap=hidden)
    yield "prefix-pickle", zipped(good, version, prefix=ACTS)
    yield "prefix-text", zipped(pickled, version, prefix=b"#!/bin/sh\nexit\n")
    yield "suffix-pickle", zipped(good, version, suffix=ACTS)
    yield "suffix-zip", zipped(good, version) + zipped(pickled, version)
    yield "comment-pickle", zipped(good, version, comment=ACTS)
    yield "count-less", zipped(good, pickled, count=1)
    yield "count-more", zipped(pickled, count=7)
    yield "count-none", zipped(pickled, version, count=0)
    yield "directory-missing", zipped(pickled, version)[: -(22 + 46 + 60)]
    yield "end-twice", zipped(good, version) + zipped(pickled, version)[-22:]
    yield "member-zip", zipped(member("archive/inner.zip", zipped(pickled)), version)
    yield "member-any-suffix", zipped(good, member("archive/data/0", ACTS), version)
    yield "absolute", zipped(member("/archive/data.pkl", ACTS), version)


def numpy_files():
    """Arrays of objects, which numpy pickles."""
    array = numpy.array([op.Calls(print, "weighed"), op.Calls(eval, "1")], dtype=object)
    one, many = io.BytesIO(), io.BytesIO()
    numpy.save(one, array, allow_pickle=True)
    numpy.savez_compressed(many, good=numpy.ones(3), bad=array)
    yield "objects.npy", one.getvalue()
    yield "objects.npz", many.getvalue()
    yield "objects-as-image.png", one.getvalue()


def write(corpus):
    """Both classes."""
    for name, data in disguised():
        corpus.dangerous(12, name, data)
    for name, data in numpy_files():
        corpus.dangerous(12, name, data, made_by("numpy"))
    for name, data in attacked_zips():
        corpus.dangerous(13, f"{name}.pt", data)
    with io.BytesIO() as held:
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("model/data.pkl"), ACTS)
        corpus.dangerous(13, "deflated.zip", held.getvalue())
