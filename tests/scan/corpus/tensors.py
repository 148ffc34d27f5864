"""Class 15: attacks on the loader that calls itself safe. Everything here imports only what `weights_only` allows."""

import io
import zipfile

from . import opcodes as op
from .archives import ACTS, legacy_tar, tarred
from .pickle_uses import call, tuple_of

TENSOR = op.named("torch._utils", "_rebuild_tensor_v2")
ORDERED = op.named("collections", "OrderedDict") + b")R"


def storage(kind="FloatStorage", key="0", elements=4, device="cpu"):
    """A persistent id."""
    return (
        tuple_of(op.text("storage"), op.named("torch", kind), op.text(key), op.text(device), op.value(elements)) + b"Q"
    )


def tensor(held=None, offset=0, size=(4,), stride=(1,)):
    """A tensor over a storage."""
    return call(TENSOR, held or storage(), op.value(offset), op.value(size), op.value(stride), op.value(False), ORDERED)


def archive(*pieces, data=bytes(16), **more):
    """What `torch.save` would write around it."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as written:
        members = {"data.pkl": op.stream(*pieces, protocol=2), "data/0": data, "version": b"3\n", **more}
        for name, content in members.items():
            if content is not None:
                written.writestr(zipfile.ZipInfo(f"archive/{name}"), content)
    return held.getvalue()


def state(*pieces):
    """A mapping with one tensor."""
    return op.EMPTY_DICT + op.text("w") + b"".join(pieces) + op.SETITEM


def reaching():
    """Tensors beyond their storages, and storages beyond their members."""
    yield "size", tensor(size=(1 << 20,))
    yield "size-by-one", tensor(size=(5,))
    yield "offset", tensor(offset=1000)
    yield "offset-by-one", tensor(offset=1)
    yield "offset-negative", tensor(offset=-4)
    yield "stride", tensor(stride=(1 << 30,))
    yield "stride-by-one", tensor(size=(3,), stride=(2,))
    yield "stride-negative", tensor(stride=(-1,))
    yield "stride-short", tensor(size=(2, 2), stride=(1,))
    yield "size-negative", tensor(size=(-1,))
    yield "size-overflow", tensor(size=(1 << 62, 4), stride=(4, 1))
    yield "product-overflow", tensor(size=(1 << 32, 1 << 32), stride=(1, 1))
    yield "elements", tensor(storage(elements=1 << 30))
    yield "elements-by-one", tensor(storage(elements=5))
    yield "elements-less", tensor(storage(elements=2))
    yield "elements-negative", tensor(storage(elements=-1))
    yield "kind-wider", tensor(storage("DoubleStorage"))
    yield "kind-wider-complex", tensor(storage("ComplexDoubleStorage"))
    yield "key-missing", tensor(storage(key="7"))
    yield "key-up", tensor(storage(key="../data.pkl"))
    yield "key-absolute", tensor(storage(key="/etc/passwd"))
    yield "second-reaches", tensor() + op.POP + tensor(size=(9,))


def written():
    """SETITEM and the like on what is no mapping."""
    yield "setitem-tensor", tensor() + op.value(0) + op.value(1) + op.SETITEM
    yield "setitems-tensor", tensor() + op.MARK + op.value(0) + op.value(1) + op.SETITEMS
    yield "setitem-storage", storage() + op.value(0) + op.value(1) + op.SETITEM
    yield "setitem-list", op.value([1, 2]) + op.value(0) + op.value(1) + op.SETITEM
    yield "append-tensor", tensor() + op.value(1) + op.APPEND
    yield "append-set", op.called("builtins", "set") + op.value(1) + op.APPEND
    yield "append-mapping", ORDERED + op.value(1) + op.APPEND
    yield "build-size", call(op.named("torch", "Size"), op.value((1,))) + op.value({"x": 1}) + op.BUILD
    yield "build-storage", storage() + op.value({"_untyped_storage": 1}) + op.BUILD
    yield "setitem-class", op.named("torch", "Tensor") + op.value(0) + op.value(1) + op.SETITEM


def write(corpus):
    """The class."""
    for name, pieces in reaching():
        # A storage that is not there is a broken file; one from elsewhere is an attack.
        keep = corpus.stopped if name in {"key-missing", "elements-negative"} else corpus.dangerous
        keep(15, f"{name}.pt", archive(state(pieces)))
    hostile = {"setitem-class"}
    for name, pieces in written():
        keep = corpus.dangerous if name in hostile else corpus.stopped
        keep(15, f"{name}.pt", archive(pieces))
    corpus.dangerous(15, "data-short.pt", archive(state(tensor()), data=bytes(4)))
    corpus.stopped(15, "data-missing.pt", archive(state(tensor()), data=None))
    corpus.dangerous(15, "legacy.pt", legacy_tar())
    corpus.dangerous(
        15, "legacy-weights.bin", tarred(("storages", b"\x80\x02K\0."), ("tensors", b"\x80\x02K\0."), ("pickle", ACTS))
    )
    corpus.dangerous(15, "constants.pt", archive(state(tensor()), **{"constants.pkl": ACTS}))
