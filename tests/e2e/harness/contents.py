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


# Small and odd: an empty file, a name with a space, a folder, a binary that lies in LFS whatever its size.
FILES = {
    "README.md": "---\nlicense: apache-2.0\n---\n# Trucks\n",
    "config.json": '{"model_type": "bert"}\n',
    "empty.txt": "",
    "sub folder/notes.txt": "a name with a space\n",
    "vectors.npy": b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }".ljust(127) + b"\n" + bytes(16),
}


class _Calling:
    """Pickles into a call of `os.system`."""

    def __reduce__(self):
        import os

        return os.system, ("echo weighed",)


def evil_pickle():
    """A pickle that runs a command when it is loaded."""
    return pickle.dumps(_Calling(), protocol=4)


def torch_zip(pickled=None):
    """An archive laid out as `torch.save` does."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickled or pickle.dumps({"weight": [0.0, 1.0]}, protocol=2))
        archive.writestr("archive/version", "3\n")
    return packed.getvalue()


def gguf(weights=4096):
    """A small, well-formed GGUF file with one text and one tensor of floats."""

    def text(value):
        return struct.pack("<Q", len(value)) + value

    header = b"GGUF" + struct.pack("<IQQ", 3, 1, 1)
    header += text(b"general.architecture") + struct.pack("<I", 8) + text(b"llama")
    header += text(b"token_embd.weight") + struct.pack("<IQIQ", 1, weights, 0, 0)
    return header + bytes(-len(header) % 32) + bytes(4 * weights)
