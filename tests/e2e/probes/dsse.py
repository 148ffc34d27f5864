"""Verifies a DSSE envelope with securesystemslib: `dsse.py ENVELOPE THRESHOLD KEY…`, or countersigns it with `--sign`."""

import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey


def keyid(public):
    """Weighbridge's convention: SHA-256 of the DER."""
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def public_key(path):
    public = load_pem_public_key(pathlib.Path(path).read_bytes())
    return SSlibKey.from_crypto(public, keyid=keyid(public))


def verify(envelope, threshold, *keys):
    data = json.loads(pathlib.Path(envelope).read_text())
    read = Envelope.from_dict(data)
    accepted = read.verify([public_key(key) for key in keys], int(threshold))
    print(json.dumps({"accepted": sorted(accepted), "statement": json.loads(read.payload)}))


def sign(envelope, private, out):
    """Signs the payload of an envelope with one key more; makes the key when it is missing."""
    path = pathlib.Path(private)
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = load_pem_private_key(path.read_bytes(), None)
    public = key.public_key()
    path.with_suffix(".pub").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    read = Envelope.from_dict(json.loads(pathlib.Path(envelope).read_text()))
    read.sign(CryptoSigner(key, SSlibKey.from_crypto(public, keyid=keyid(public))))
    pathlib.Path(out).write_text(json.dumps(read.to_dict()))
    print(json.dumps({"keyid": keyid(public)}))


if sys.argv[1] == "--sign":
    sign(*sys.argv[2:])
else:
    verify(*sys.argv[1:])
