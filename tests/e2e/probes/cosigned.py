"""Verifies a copy of a log and its witness: `cosigned.py DIR LOG-KEY WITNESS-KEY`.

By the texts of C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-tiles alone, for logs of up to 256 entries.
"""

import base64
import hashlib
import json
import pathlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTE, COSIGNATURE = 0x01, 0x04


def read_key(text, kind):
    """`name+id+key`: the id is the beginning of a hash over name, kind and key."""
    name, key_id, encoded = text.split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    if key[0] != kind or hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() != key_id:
        sys.exit(f"this is no key of kind {kind}")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(key[1:])


def signatures(note, name, key_id):
    """What the key signed below the text of a note, without its id."""
    for line in note.rpartition("\n\n")[2].splitlines():
        dash, who, encoded = line.split(" ")
        signed = base64.b64decode(encoded, validate=True)
        if dash == "\u2014" and who == name and signed[:4] == key_id:
            yield signed[4:]


def checked(key, signature, message, what):
    try:
        key.verify(signature, message.encode())
    except InvalidSignature:
        sys.exit(f"the {what} is wrong")


def root_of(hashes):
    """The root of an RFC 6962 tree."""
    if len(hashes) == 1:
        return hashes[0]
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_of(hashes[:left]) + root_of(hashes[left:])).digest()


def leaves(folder, size):
    """The hashes of the entries, each behind its length in two bytes."""
    tile = folder / "tile" / "entries" / ("000" if size == 256 else f"000.p/{size}")
    left, found = tile.read_bytes(), []
    while left:
        end = 2 + int.from_bytes(left[:2], "big")
        found.append(hashlib.sha256(b"\x00" + left[2:end]).digest())
        left = left[end:]
    return found


folder, log, witness = pathlib.Path(sys.argv[1]), read_key(sys.argv[2], NOTE), read_key(sys.argv[3], COSIGNATURE)
note = (folder / "checkpoint").read_text()
text = note.rpartition("\n\n")[0] + "\n"
origin, size, root = text.splitlines()[:3]
by_log, by_witness = (list(signatures(note, name, key_id)) for name, key_id, _ in (log, witness))
if origin != log[0] or not by_log:
    sys.exit("the log has not signed it")
checked(log[2], by_log[0], text, "signature of the log")
entries = leaves(folder, int(size))
if len(entries) != int(size) or root_of(entries) != base64.b64decode(root):
    sys.exit("the entries do not hash to the root")
if not by_witness:
    sys.exit("the witness has not cosigned it")
at = int.from_bytes(by_witness[0][:8], "big")
checked(witness[2], by_witness[0][8:], f"cosignature/v1\ntime {at}\n{text}", "cosignature")
print(json.dumps({"size": int(size), "cosigned_at": at}))
