"""What repositories hold in these tests, and how it is compared."""

import hashlib
import io
import pickle
import struct
import zipfile

MIB = 1 << 20

# A branch is otherwise believed for some minutes.
ALWAYS_ASK = """
[upstream]
ref_freshness_seconds = 0
"""


def sha256(content):
    """The digest of bytes or of a text."""
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


def digests(files):
    """What a complete snapshot of these files looks like."""
    return {path: sha256(content) for path, content in files.items()}


def safetensors(data):
    """A well-formed safetensors file with one tensor of bytes."""
    header = ('{"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (len(data), len(data))).encode()
    return len(header).to_bytes(8, "little") + header + data


# Small and odd: an empty file, a name with a space, a folder, a binary that lies in LFS whatever its size.
FILES = {
    "README.md": "---\nlicense: apache-2.0\n---\n# Trucks\n",
    "config.json": '{"model_type": "bert"}\n',
    "empty.txt": "",
    "sub folder/notes.txt": "a name with a space\n",
    "adapter.safetensors": safetensors(bytes(range(256))),
}


class _Calling:
    """Pickles into a call of `os.system`."""

    def __reduce__(self):
        import os

        return os.system, ("echo weighed",)


def evil_pickle():
    """A pickle that runs a command when it is loaded."""
    return pickle.dumps(_Calling(), protocol=4)


def torch_zip(storage=bytes(8), pickled=None):
    """An archive as `torch.save` writes it, with one tensor of bytes. It is judged whole: its directory is at its end."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickled or _state_dict(len(storage)))
        archive.writestr("archive/data/0", storage)
        archive.writestr("archive/version", "3\n")
    return packed.getvalue()


def _state_dict(count):
    """The pickle of `{"weight": tensor}` by hand, opcode by opcode, so that nobody has to install torch."""

    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def number(value):
        return b"J" + struct.pack("<i", value)

    storage = b"(" + text("storage") + b"ctorch\nByteStorage\n" + text("0") + text("cpu") + number(count) + b"tQ"
    shape = number(count) + b"\x85" + number(1) + b"\x85"
    hooks = b"ccollections\nOrderedDict\n)R"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(0) + shape + b"\x89" + hooks + b"tR"
    return b"\x80\x02}" + text("weight") + tensor + b"s."


def gguf(weights=4096):
    """A small, well-formed GGUF file with one text and one tensor of floats."""

    def text(value):
        return struct.pack("<Q", len(value)) + value

    header = b"GGUF" + struct.pack("<IQQ", 3, 1, 1)
    header += text(b"general.architecture") + struct.pack("<I", 8) + text(b"llama")
    header += text(b"token_embd.weight") + struct.pack("<IQIQ", 1, weights, 0, 0)
    return header + bytes(-len(header) % 32) + bytes(4 * weights)
