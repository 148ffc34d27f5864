"""What is approved is served in `production` while everything around the gateway is down; what is new is held."""

import shutil
import time

import pytest

from harness.clients import HUB_036, HUB_2, PROBES, finish
from harness.contents import FILES, MIB, digests, gguf
from harness.people import CONFIG, say_yes, tokens_of
from harness.programs import program
from harness.receiver import LOOPBACK
from test_policy import RULE, folder, proposed

# As long as anybody waits for an upstream that says nothing, about something that is here.
HOLD = """
[hold]
file_seconds = 2
"""
# Far less than it takes to give an upstream up, which is 40 s and more.
PATIENCE_S = 25
GENERATIONS = [HUB_036, HUB_2]


class Binary:
    """The program of a server, by itself: while it runs, it can be made unstartable, so that no worker starts."""

    def __init__(self, folder):
        folder.mkdir()
        self.path = folder / "weighbridge"
        shutil.copy(program("weighbridge", "WEIGHBRIDGE_BIN"), self.path)

    def forbid(self):
        """Not even root starts what nobody may execute."""
        self.path.chmod(0o600)

    def allow(self):
        self.path.chmod(0o700)


@pytest.fixture
def binary(tmp_path):
    return Binary(tmp_path / "bin")


def test_what_is_approved_is_served_whatever_else_is_down(hub, weigh, desk, binary, receiver, clock, tmp_path):
    gateway = weigh(CONFIG + LOOPBACK + HOLD, binary=binary.path, environment=clock.environment)
    tokens = tokens_of(gateway)
    # A rule of the house's own, which needs a process of its own to decide anything.
    rules = folder(tmp_path / "policy", RULE.replace('["acme"]', '["nobody"]'))
    (rules / "policy.toml").write_text('[environment.production.rules.minimum-age]\nmode = "off"\n')
    gateway.cli("policy", "confirm", proposed(gateway, rules), "--token", tokens["sam"]).succeeded()
    files = FILES | {"tiny.gguf": gguf()}
    hub.publish("acme/trucks", files)
    hub.repo("acme/trucks", licence="apache-2.0", info={"lastModified": clock.now().isoformat(timespec="seconds")})
    say_yes(gateway, tokens, "acme/trucks")
    gateway.cli("webhook", "add", "chat", receiver.url, "--on", "administration").succeeded()

    def served():
        """Fresh machines of both generations get everything, at once."""
        people = [desk(gateway.url, client, token=tokens["ci"]) for client in GENERATIONS]
        began = time.monotonic()
        pulls = [person.start("python", PROBES / "snapshot.py", "acme/trucks") for person in people]
        for pull in pulls:
            assert finish(pull).answer()["files"] == digests(files)
        assert time.monotonic() - began < PATIENCE_S

    def told():
        """Something happens of which receivers are told."""
        gateway.cli("source", "reserve", f"ours{time.monotonic_ns()}/*", "--reason", "ours").succeeded()

    for break_it, mend_it in [
        (lambda: hub.control("down", hang=True), hub.come_back),
        (hub.go_down, hub.come_back),
        (receiver.hang, receiver.go_on),
        (receiver.stop, receiver.start),
        (binary.forbid, binary.allow),
    ]:
        break_it()
        told()
        served()
        mend_it()

    # All at once, and for a process that has prepared nothing.
    hub.close()
    receiver.hang()
    binary.forbid()
    told()
    served()
    gateway.stop()
    binary.allow()
    gateway.start()
    binary.forbid()
    served()
    # The revision is older now, which is a new fact, and nobody is there to ask what the own rule says of it.
    gateway.kill_workers()
    clock.advance(hours=30)
    served()
    pulls = [pull for event in gateway.events() if event["kind"] == "pulls" for pull in event["body"]["served"]]
    assert {pull["environment"] for pull in pulls} == {"production"}
    assert any(pull.get("stale") for pull in pulls), "what may be old says so"


@pytest.mark.parametrize("client", GENERATIONS, ids=str)
def test_what_is_new_is_held_while_no_worker_starts_and_the_client_is_told(hub, weigh, desk, binary, client):
    gateway = weigh(CONFIG, binary=binary.path)
    hub.publish("acme/trucks", FILES)
    digest = hub.publish_made("acme/large", "model.safetensors", 4 * MIB, safetensors=True)
    binary.forbid()
    for repo in ("acme/trucks", "acme/large", "acme/large"):
        text = desk(gateway.url, client).hf("download", repo).failed().seen()
        assert "is held for `dev`" in text and "the scanner cannot be started" in text, text
    assert "files.judged" not in [event["kind"] for event in gateway.events()]
    assert not [path for path in (gateway.data / "blobs" / "released").rglob("*") if path.is_file()]

    binary.allow()
    found = desk(gateway.url, client).probe("file", "acme/large", "model.safetensors").answer()
    assert found["sha256"] == digest
    assert hub.downloads_of("model.safetensors") == 1, "what was held was not fetched again"


def test_an_upgrade_on_disk_does_not_change_who_examines(hub, weigh, desk, binary):
    """The program is replaced under a running server: the version that runs goes on examining in its own name."""
    gateway = weigh(CONFIG, binary=binary.path)
    binary.path.unlink()
    binary.path.write_text("#!/bin/sh\nexit 0\n")
    binary.allow()
    hub.publish("acme/trucks", FILES)
    assert desk(gateway.url).probe("snapshot", "acme/trucks").answer()["files"] == digests(FILES)
