"""Case 20: the requests of llama.cpp, with curl: refs, the list, ranges of the file, an `hf_` token. Same door, same answer."""

import json
import subprocess

import pytest

from harness.contents import gguf, sha256

DENIED = """
[environment.dev.rules.publisher-denied]
mode = "enforce"
publishers = ["mallory"]
"""


def curl(*words):
    """Status, headers as text, and body."""
    done = subprocess.run(["curl", "-sS", "-i", "--max-time", "60", *words], capture_output=True, check=True)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body


@pytest.fixture
def token(gateway):
    made = gateway.data_of("token", "create", "--name", "llama", "--environment", "dev")["token"]
    # llama.cpp silently drops what does not look like this.
    assert made.startswith("hf_") and made[3:].isalnum() and 37 <= len(made) <= 256
    return made


def test_the_sequence_of_llama_cpp_gets_the_file(hub, gateway, token):
    model = gguf()
    hub.publish("acme/llama-gguf", {"README.md": "# Llama\n", "tiny-q4.gguf": model})
    bearer = ["-H", f"Authorization: Bearer {token}"]

    status, _, body = curl(*bearer, f"{gateway.url}/api/models/acme/llama-gguf/refs")
    (commit,) = [ref["targetCommit"] for ref in json.loads(body)["branches"] if ref["name"] == "main"]
    assert status == 200

    status, _, body = curl(*bearer, f"{gateway.url}/api/models/acme/llama-gguf/tree/{commit}?recursive=true")
    (entry,) = [entry for entry in json.loads(body) if entry["path"].endswith(".gguf")]
    assert (status, entry["size"], entry["lfs"]["oid"]) == (200, len(model), sha256(model))

    url = f"{gateway.url}/acme/llama-gguf/resolve/{commit}/{entry['path']}"
    status, head, _ = curl(*bearer, "-I", url)
    assert status == 200 and f"content-length: {len(model)}" in head.lower()
    pieces = []
    for start in range(0, len(model), 5000):
        status, _, body = curl(*bearer, "-r", f"{start}-{start + 4999}", url)
        assert status == 206
        pieces.append(body)
    assert b"".join(pieces) == model
    assert hub.downloads_of("tiny-q4.gguf") == 1


def test_the_sequence_of_llama_cpp_meets_the_same_refusal(hub, weigh):
    commit = hub.publish("mallory/llama-gguf", {"tiny-q4.gguf": gguf()})
    gateway = weigh(DENIED)
    for path in (
        "/api/models/mallory/llama-gguf/refs",
        "/api/models/mallory/llama-gguf/tree/main?recursive=true",
        f"/mallory/llama-gguf/resolve/{commit}/tiny-q4.gguf",
    ):
        status, head, body = curl(f"{gateway.url}{path}")
        assert status in (403, 404), path
        assert "publisher-denied" in head and b"GGUF" not in body, path
