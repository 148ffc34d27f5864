"""Cases 10 and 11: an upstream that lies, breaks off or moves on. Nothing false is served, kept or mixed."""

import json
import random

import pytest

from harness.contents import ALWAYS_ASK, FILES, MIB, digests, safetensors, sha256, torch_zip

DATA = random.Random(3).randbytes(12 * MIB)

# One that is streamed while it comes in, one that is judged whole first.
KINDS = {"model.safetensors": safetensors(DATA), "pytorch_model.bin": torch_zip(storage=DATA)}
BY_KIND = pytest.mark.parametrize("file", KINDS)
SIZE = 12 * MIB

LIES = {
    "one flipped byte": lambda size: {"flipped_byte": {"at": size // 2}},
    "a flipped byte at the very end": lambda size: {"flipped_byte": {"at": size - 1}},
    "a hash that is not the file's": lambda size: "wrong_hash",
    "a size that is too small": lambda size: {"wrong_size": {"bytes": size - 10}},
    "a size that is too large": lambda size: {"wrong_size": {"bytes": size + 10}},
    "a body that is short without saying so": lambda size: {"short_by": {"bytes": 100}},
}


@pytest.mark.parametrize("lie", LIES)
@BY_KIND
def test_bytes_that_are_not_what_was_promised_are_refused_and_not_kept(hub, gateway, desk, lie, file):
    content = KINDS[file]
    hub.publish("acme/large", {file: content})
    hub.fault(LIES[lie](len(content)), path=file)
    text = desk(gateway.url).probe("file", "acme/large", file).failed().seen()
    assert "integrity-mismatch" in text or "did not answer" in text, text
    assert gateway.whole_blobs() == {}


@BY_KIND
def test_what_a_body_has_after_its_end_reaches_nobody(hub, gateway, desk, file):
    hub.publish("acme/large", {file: KINDS[file]})
    hub.fault({"long_by": {"bytes": 100}}, path=file)
    outcome = desk(gateway.url).probe("file", "acme/large", file)
    assert outcome.code != 0 or outcome.answer()["sha256"] == sha256(KINDS[file])


def test_a_mismatch_stands_in_the_ledger(hub, gateway, desk):
    hub.publish_made("acme/large", "model.safetensors", SIZE, safetensors=True)
    hub.fault({"flipped_byte": {"at": MIB}}, path="model.safetensors")
    desk(gateway.url).hf("download", "acme/large").failed()
    entries = [event["body"] for event in gateway.events() if event["kind"] == "fetch.mismatch"]
    assert entries[0]["path"] == "model.safetensors"
    assert entries[0]["promised"] != entries[0]["got"]
    # The client asks again at once, several times: it is told why, and the lie is not fetched each time.
    assert hub.downloads_of("model.safetensors") <= 2


def test_a_lie_that_ends_is_forgiven(hub, gateway, desk):
    digest = hub.publish_made("acme/large", "model.safetensors", SIZE, safetensors=True)
    hub.fault({"flipped_byte": {"at": MIB}}, path="model.safetensors")
    desk(gateway.url).probe("file", "acme/large", "model.safetensors").failed()
    hub.clear_faults()
    gateway.stop()  # a failure is told for a moment to whoever asks again
    gateway.start()
    assert desk(gateway.url).probe("file", "acme/large", "model.safetensors").answer()["sha256"] == digest


def test_a_small_file_with_one_wrong_byte_is_refused(hub, gateway, desk):
    hub.publish("acme/trucks", FILES)
    hub.fault({"flipped_byte": {"at": 3}}, path="config.json")
    assert "integrity-mismatch" in desk(gateway.url).hf("download", "acme/trucks").failed().seen()


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_transfer_that_is_cut_is_taken_up_where_it_broke(hub, gateway, desk, cuts):
    digest = hub.publish_made("acme/large", "model.safetensors", SIZE, safetensors=True)
    for cut in range(cuts):
        hub.fault({"cut_at": {"byte": (cut + 1) * 3 * MIB}}, path="model.safetensors", times=1)
    assert desk(gateway.url).probe("file", "acme/large", "model.safetensors").answer()["sha256"] == digest
    assert hub.bytes_sent("model.safetensors") <= 1.1 * SIZE


def test_a_signed_address_that_expired_is_asked_for_anew(hub, gateway, desk):
    digest = hub.publish_made("acme/large", "model.safetensors", SIZE, safetensors=True)
    hub.fault("expired_url", path="model.safetensors", route="get", times=1)
    assert desk(gateway.url).probe("file", "acme/large", "model.safetensors").answer()["sha256"] == digest


@pytest.mark.parametrize("after", ["info", "tree", "head", "get"])
def test_a_branch_that_moves_under_a_pull_is_never_mixed(hub, weigh, desk, after):
    gateway = weigh(ALWAYS_ASK)
    first = hub.publish("acme/trucks", FILES)
    new = '{"model_type": "gpt2"}\n'
    hub.fault({"main_moves": {"path": "config.json", "text": new}}, repo="acme/trucks", route=after, times=1)
    found = desk(gateway.url).probe("snapshot", "acme/trucks").answer()
    expected = FILES if found["commit"] == first else FILES | {"config.json": new}
    assert found["files"] == digests(expected)


def test_a_branch_that_moves_between_head_and_get_leaves_the_client_at_one_commit(hub, weigh):
    gateway = weigh(ALWAYS_ASK)
    first = hub.publish("acme/trucks", FILES)
    status, headers, _ = gateway.get("/acme/trucks/resolve/main/config.json", "HEAD")
    assert (status, headers["X-Repo-Commit"]) == (307, first)
    hub.publish("acme/trucks", {"config.json": "{}"})
    status, headers, body = gateway.get(headers["Location"])
    assert (status, headers["X-Repo-Commit"], body.decode()) == (200, first, FILES["config.json"])


def test_a_list_that_changes_under_a_commit_is_not_believed(hub, weigh):
    """One commit shows one list for ever, whatever the upstream says the second time."""
    gateway = weigh(ALWAYS_ASK)
    commit = hub.publish("acme/trucks", FILES)
    tree = f"/api/models/acme/trucks/tree/{commit}?recursive=true"
    before = gateway.get(tree)
    hub.fault({"extra_path": "evil.py"}, repo="acme/trucks", route="tree")
    assert gateway.get(tree)[2] == before[2]
    gateway.stop()
    gateway.start()
    assert gateway.get(tree)[2] == before[2]


def test_a_path_that_leaves_the_repository_is_refused(hub, gateway):
    hub.publish("acme/trucks", FILES)
    hub.fault({"extra_path": "../../etc/passwd"}, repo="acme/trucks", route="tree")
    status, _, body = gateway.get("/api/models/acme/trucks")
    assert status >= 400
    assert "sha" not in json.loads(body)
