"""Case 9: the server dies at any moment of a cold pull. Nothing unverified is served, nothing whole is fetched twice.

`WEIGHBRIDGE_KILLS` says how often (a hundred at first), `WEIGHBRIDGE_KILL_SEED` repeats a run.
"""

import http.client
import os
import random
import threading
import time
import urllib.error
import urllib.request

from harness.clients import finish
from harness.contents import MIB, safetensors, sha256, torch_zip

KILLS = int(os.environ.get("WEIGHBRIDGE_KILLS", "100"))
SEED = int(os.environ.get("WEIGHBRIDGE_KILL_SEED", "1"))
GIVE_UP_AFTER_S = 60


class Pull(threading.Thread):
    """A stubborn client: it asks again whatever happens, and believes no byte that it cannot check."""

    def __init__(self, gateway, repo, truth):
        super().__init__(daemon=True)
        self.gateway, self.repo, self.truth = gateway, repo, truth
        self.whole, self.wrong = [], []

    def run(self):
        deadline = time.monotonic() + GIVE_UP_AFTER_S
        for path, content in self.truth.items():
            while not self.fetch(path, content):
                if time.monotonic() > deadline:
                    self.wrong.append(f"{self.repo} {path} never came")
                    return
                time.sleep(0.02)

    def fetch(self, path, content):
        url = f"{self.gateway.url}/{self.repo}/resolve/main/{path}"
        got = b""
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                while piece := answer.read1(65536):
                    got += piece
        except urllib.error.HTTPError as error:
            if error.code in (403, 404):
                self.wrong.append(f"{self.repo} {path}: {error.code} {error.read()[:300]}")
                return True
            return False
        except (OSError, http.client.HTTPException):
            pass
        if not content.startswith(got):
            self.wrong.append(f"{self.repo} {path}: bytes that are not the file's")
        if len(got) == len(content):
            self.whole.append(path)
            return True
        return False


def publish(hub, number, dice):
    """A repository of each kind of file: small, streamed, judged whole."""
    files = {
        "config.json": '{"number": %d}' % number,
        "model.safetensors": safetensors(dice.randbytes(2 * MIB)),
        "pytorch_model.bin": torch_zip(storage=dice.randbytes(MIB)),
    }
    repo = f"acme/round-{number}"
    hub.publish(repo, files)
    return repo, {path: content if isinstance(content, bytes) else content.encode() for path, content in files.items()}


def test_a_server_that_is_killed_at_any_moment_recovers(hub, weigh):
    gateway = weigh()
    dice = random.Random(SEED)
    seen, how_far = set(), set()
    for number in range(KILLS):
        # Slow enough that the kill lands somewhere between the first question and the last byte.
        hub.settings(rate_mib=12)
        repo, truth = publish(hub, number, dice)
        pull = Pull(gateway, repo, truth)
        pull.start()
        time.sleep(dice.uniform(0, 0.6))
        gateway.kill()

        blobs = gateway.whole_blobs()
        whole = [path for path, content in truth.items() if sha256(content) in blobs]
        sent = {path: hub.bytes_sent(path) for path in whole}
        how_far.add(len(whole))
        if number % 10 == 0:
            gateway.cli("audit", "verify").succeeded()
        gateway.start()
        pull.join()

        assert pull.wrong == []
        assert {path: hub.bytes_sent(path) for path in whole} == sent, "what was whole was fetched again"
        for path, content in truth.items():
            # The kill may lose what was between the network and the disk, once.
            assert hub.bytes_sent(path) <= 2 * len(content), path
        for digest, path in gateway.whole_blobs().items():
            assert digest in seen or sha256(path.read_bytes()) == digest
            seen.add(digest)
        hub.forget()
    gateway.cli("audit", "verify").succeeded()
    assert len(how_far) > 1, "every kill came at the same step: they prove little"


def test_a_real_client_survives_a_kill_in_the_middle_of_a_large_file(hub, gateway, desk):
    size = 96 * MIB
    digest = hub.publish_made("acme/large", "model.safetensors", size, safetensors=True)
    hub.settings(rate_mib=24)
    person = desk(gateway.url)
    process = person.start("hf", "download", "acme/large")
    wait_until(lambda: hub.bytes_sent("model.safetensors") > size // 2)
    gateway.kill()
    gateway.start()
    finish(process)  # it recovers or gives up; its user then runs it again
    person.hf("download", "acme/large").succeeded()
    assert person.probe("file", "acme/large", "model.safetensors").answer()["sha256"] == digest
    assert hub.bytes_sent("model.safetensors") <= 1.1 * size


def test_what_a_client_got_whole_stands_in_the_ledger_even_after_a_kill(hub, gateway):
    hub.publish("acme/trucks", {"config.json": "{}", "notes.txt": "weighed"})
    status, headers, _ = gateway.get("/acme/trucks/resolve/main/notes.txt")
    assert gateway.get(headers["Location"])[2] == b"weighed"
    gateway.kill()
    gateway.start()
    served = [pull for event in gateway.events() if event["kind"] == "pulls" for pull in event["body"]["served"]]
    assert [pull["path"] for pull in served] == ["notes.txt"]


def wait_until(holds, patience=60):
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)
