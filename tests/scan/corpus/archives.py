"""Classes 14, 23 and 24: containers that have to be opened, bombs, and members that leave the folder."""

import bz2
import gzip
import io
import lzma
import pickle
import random
import tarfile
import zipfile
import zlib

import lz4.frame
import py7zr
import zstandard

from . import opcodes as op
from .pickle_names import torch_zip
from .store import made_by

ACTS = op.stream(op.called("os", "getpid"))
CLEAN = op.stream(op.value({"w": [1.0]}), protocol=2)


def tarred(*members, form=tarfile.GNU_FORMAT):
    """A tar of members: a name with bytes, or a whole header."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=form) as archive:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))
    return held.getvalue()


def header(name, kind, target=""):
    """A member of another kind than a file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    """A zip of members: a name or a whole header, with bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in members:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, content, method)
    return held.getvalue()


def seven_zipped(filters=None, password=None, **members):
    """A 7z archive."""
    held = io.BytesIO()
    with py7zr.SevenZipFile(held, "w", filters=filters, password=password) as archive:
        for name, content in members.items():
            archive.writestr(content, name.replace("__", "."))
    return held.getvalue()


def legacy_tar():
    """The tar in which PyTorch 0.1 kept its models: three pickles, the last of which acts."""
    storages = pickle.dumps(0, 2)
    return tarred(("storages", storages), ("tensors", pickle.dumps(0, 2)), ("pickle", ACTS))


def containers():
    """A pickle that acts, in every container and some of them inside others."""
    cctx = zstandard.ZstdCompressor()
    packers = {
        "gz": lambda data: gzip.compress(data, mtime=0),
        "bz2": bz2.compress,
        "xz": lzma.compress,
        "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
        "zlib": zlib.compress,
        "zst": cctx.compress,
        "lz4": lz4.frame.compress,
        "tar": lambda data: tarred(("data.pkl", data)),
        "zip": lambda data: zipped(("data.pkl", data)),
        "7z": lambda data: seven_zipped(data__pkl=data),
    }
    for name, pack in packers.items():
        yield f"model.pkl.{name}", pack(ACTS)
        yield f"model-gz.{name}", pack(packers["gz"](ACTS))
        yield f"model-zip.{name}", pack(torch_zip(ACTS))
    yield "model.tar.gz", packers["gz"](tarred(("model/weights.bin", CLEAN), ("model/optimizer.pt", ACTS)))
    yield "model.tar.xz", lzma.compress(tarred(("a/b/c.pkl", ACTS)))
    yield "pax.tar", tarred(("ä" * 90 + ".pkl", ACTS), form=tarfile.PAX_FORMAT)
    yield "ustar.tar", tarred(("data.pkl", ACTS), form=tarfile.USTAR_FORMAT)
    yield "legacy.pt", legacy_tar()
    yield "legacy-as-model.bin", legacy_tar()
    yield "bzip2.zip", zipped(("data.pkl", ACTS), method=zipfile.ZIP_BZIP2)
    yield "lzma.zip", zipped(("data.pkl", ACTS), method=zipfile.ZIP_LZMA)
    yield "bz2.7z", seven_zipped([{"id": py7zr.FILTER_BZIP2}], data__pkl=ACTS)
    yield "copy.7z", seven_zipped([{"id": py7zr.FILTER_COPY}], data__pkl=ACTS)
    yield "two.gz", gzip.compress(CLEAN, mtime=0) + gzip.compress(ACTS, mtime=0)
    for name in ["bz2", "xz", "zst", "lz4"]:
        yield f"two.pkl.{name}", packers[name](CLEAN) + packers[name](ACTS)
        yield f"deeper.tar.{name}", packers[name](tarred(("a/weights.bin", CLEAN), ("a/b/c.pkl", ACTS)))
    skipped = b"\x5a\x2a\x4d\x18" + len(CLEAN).to_bytes(4, "little") + CLEAN
    yield "skipped.pkl.zst", skipped + packers["zst"](ACTS)
    yield "skipped.pkl.lz4", skipped + packers["lz4"](ACTS)
    yield "lzma.7z", seven_zipped([{"id": py7zr.FILTER_LZMA}], data__pkl=ACTS)
    yield "deflate.7z", seven_zipped([{"id": py7zr.FILTER_DEFLATE}], data__pkl=ACTS)
    yield "zstd.7z", seven_zipped([{"id": py7zr.FILTER_ZSTD, "level": 3}], data__pkl=ACTS)
    yield (
        "filtered.7z",
        seven_zipped([{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 6}], a__txt=CLEAN, data__pkl=ACTS),
    )
    inner = ACTS
    for depth in range(5):
        inner = zipped((f"{depth}.zip" if depth else "data.pkl", inner))
    yield "five.zip", inner
    yield "raw.bin", lzma.compress(ACTS)
    yield "numpy.npz", zipped(("a.npy", ACTS))


def unreadable():
    """What nobody can look into."""
    yield "encrypted.7z", seven_zipped(password="secret", data__pkl=ACTS)
    yield "cut.tar.gz", gzip.compress(tarred(("a.pkl", CLEAN)), mtime=0)[:-30]
    yield "cut.zip", zipped(("a.pkl", CLEAN))[:-30]
    yield "cut.xz", lzma.compress(CLEAN)[:-20]


def bombs():
    """Little that becomes a lot."""
    zeros = bytes(64 << 20)
    crowd = zipped(*((f"{number}", b"") for number in range(30_000)), method=zipfile.ZIP_STORED)
    once = gzip.compress(zeros, mtime=0)
    yield "zeros.gz", once
    yield "zeros-twice.gz", gzip.compress(once, mtime=0)
    yield "zeros.bz2", bz2.compress(zeros)
    yield "zeros.xz", lzma.compress(zeros, preset=1)
    yield "zeros.zst", zstandard.ZstdCompressor().compress(zeros)
    yield "zeros.lz4", lz4.frame.compress(zeros)
    yield "zeros.zlib", zlib.compress(zeros)
    yield "zeros.zip", zipped(("zeros.bin", zeros))
    yield "zeros.tar.gz", gzip.compress(tarred(("zeros.bin", zeros)), mtime=0)
    yield "zeros.7z", seven_zipped(zeros__bin=zeros)
    nested = zipped(*((f"{number}.zip", zipped(("z", bytes(4 << 20)))) for number in range(6)))
    yield "nested.zip", zipped(*((f"{number}.zip", nested) for number in range(6)))
    deep = CLEAN
    for _ in range(30):
        deep = zipped(("inner.zip", deep), method=zipfile.ZIP_STORED)
    yield "deep.zip", deep
    deep = CLEAN
    for _ in range(30):
        deep = gzip.compress(deep, mtime=0)
    yield "deep.gz", deep
    yield "overlap.zip", overlapped()
    yield "crowd.zip", zipped(*((f"{number}.zip", crowd) for number in range(8)))
    yield "zeros-bz2.zip", zipped(("zeros.bin", zeros), method=zipfile.ZIP_BZIP2)
    yield "zeros-lzma.zip", zipped(("zeros.bin", zeros), method=zipfile.ZIP_LZMA)
    laughs = op.EMPTY_LIST + op.put(0) + b"".join(op.MARK + op.get(0) * 10 + op.TUPLE + op.put(0) for _ in range(9))
    yield "laughs.pkl", op.stream(laughs + op.POP + op.called("os", "getpid"))
    yield "deep-marks.pkl", b"\x80\x04" + b"(" * (1 << 20) + ACTS[2:-1]
    yield (
        "laughs.yaml",
        b"a0: &a0 [x, x]\n"
        + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)),
    )
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    yield (
        "laughs.pmml",
        f'<?xml version="1.0"?><!DOCTYPE PMML [<!ENTITY a0 "x">{entities}]><PMML version="4.4">&a11;</PMML>'.encode(),
    )
    yield "torch-nested.pkl", loads_of_loads(20)
    yield "huge-long.pkl", b"\x80\x04\x8b\xff\xff\xff\x7f" + bytes(64)
    yield "huge-bytes.pkl", b"\x80\x04\x8e" + bytes(7) + b"\x01" + bytes(64)
    yield "memo-far.pkl", b"\x80\x04Nr\xff\xff\xff\x7f."
    yield "huge-text.pkl", b"\x80\x04X\xff\xff\xff\x7f" + bytes(64)


def loads_of_loads(depth):
    """A pickle in a pickle in a pickle, each handed to `torch.load`."""
    data = ACTS
    for _ in range(depth):
        data = op.stream(op.called("torch.storage", "_load_from_bytes", data))
    return data


def overlapped():
    """A zip whose members all share the bytes of one."""
    data = zipped(("0", bytes(16 << 20)))
    start = data.index(b"PK\x01\x02")
    entry = data[start : data.index(b"PK\x05\x06")]
    count = 40
    end = (
        b"PK\x05\x06"
        + bytes(4)
        + count.to_bytes(2, "little") * 2
        + (len(entry) * count).to_bytes(4, "little")
        + start.to_bytes(4, "little")
        + bytes(2)
    )
    return data[:start] + entry * count + end


def leaving():
    """Members that would be written, or linked, outside of the folder."""
    names = [
        "../x",
        "a/../../x",
        "/etc/cron.d/x",
        "..\\x",
        "C:\\x",
        "a/b/../../../x",
        "//host/x",
        "./../x",
        "\\\\host\\x",
    ]
    for number, name in enumerate(names):
        yield f"name-{number}.tar", tarred((name, b"text"))
        yield f"name-{number}.zip", zipped((name, b"text"))
    for name, kind in [("symlink", tarfile.SYMTYPE), ("hardlink", tarfile.LNKTYPE)]:
        yield f"{name}.tar", tarred((header("x", kind, "/etc/passwd"), None))
        yield f"{name}-up.tar", tarred((header("x", kind, "../../x"), None), ("x/y", b"text"))
        yield (
            f"{name}-chain.tar",
            tarred((header("x", kind, ".."), None), (header("x/y", kind, ".."), None), ("x/y/z", b"")),
        )
    yield "device.tar", tarred((header("x", tarfile.CHRTYPE), None))
    yield "block.tar", tarred((header("x", tarfile.BLKTYPE), None))
    yield "pipe.tar", tarred((header("x", tarfile.FIFOTYPE), None))
    yield "name.tar.gz", gzip.compress(tarred(("../x", b"text")), mtime=0)
    link = zipfile.ZipInfo("x")
    link.external_attr, link.create_system = 0o120777 << 16, 3
    yield "symlink.zip", zipped((link, b"/etc/passwd"))
    yield "symlink-dir.zip", zipped((link, b".."), ("x/y", b"text"))


def write(corpus):
    """All three classes."""
    random.seed("archives")
    by = made_by("py7zr", "zstandard", "lz4")
    for name, data in containers():
        corpus.dangerous(14, name, data, by if name.endswith(("7z", "zst", "lz4")) else None)
    for name, data in unreadable():
        corpus.stopped(14, name, data, by if name.endswith("7z") else None)
    for name, data in bombs():
        corpus.stopped(23, name, data, by if name.endswith(("7z", "zst", "lz4")) else None)
    for name, data in leaving():
        corpus.dangerous(24, name, data)
