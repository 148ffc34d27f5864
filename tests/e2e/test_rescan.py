"""New rules, old files: what older rules released is looked at again in the background, however often that is cut off.

The older rules are rows that this test writes into the records of a stopped server.
"""

import json
import os
import random
import time

import pytest

from harness import older
from harness.clients import HUB_036, HUB_2
from harness.contents import FILES, digests, evil_pickle, safetensors, sha256, torch_zip
from harness.receiver import LOOPBACK, signed_with

KILLS = max(10, int(os.environ.get("WEIGHBRIDGE_KILLS", "100")) // 5)
SEED = int(os.environ.get("WEIGHBRIDGE_KILL_SEED", "1"))
OFF = "\n[scan]\nrescan = false\n"


@pytest.mark.parametrize("client", [HUB_036, HUB_2], ids=str)
def test_what_older_rules_released_is_recalled_told_and_refused(hub, weigh, desk, receiver, client):
    gateway = weigh(LOOPBACK + OFF)
    weights = torch_zip(pickled=evil_pickle())
    files = FILES | {"pytorch_model.bin": weights}
    hub.publish("acme/trucks", files)
    desk(gateway.url, client).probe("snapshot", "acme/trucks").failed()
    gateway.get("/acme/trucks/resolve/main/pytorch_model.bin")
    gateway.stop()
    older.took_everything_for_harmless(gateway)
    gateway.start()

    # Until somebody looks again, what was said last holds; here the configuration says that nobody does.
    warm = desk(gateway.url, client)
    assert warm.probe("snapshot", "acme/trucks").answer()["files"] == digests(files)
    before = gateway.data_of("status")["rescan"]
    assert before["is_off"] and before["stale_files"] > 0, before
    assert "nobody looks at the others (`scan.rescan` is false)" in gateway.cli("status").succeeded().stdout
    secret = gateway.data_of("webhook", "add", "pager", receiver.url, "--on", "alarm")["secret"]
    gateway.stop()
    gateway.configure(LOOPBACK)
    gateway.start()
    after = until_nothing_is_left(gateway)
    assert after["done_files"] == before["done_files"] + before["stale_files"]
    assert not after["is_off"] and after["since"]

    message = receiver.wait_for(1)[0]
    body = json.loads(message["body"])
    assert body["type"] == "weighbridge.verdict.worsened" and signed_with(secret, message)
    told = [event["body"] for event in gateway.events() if event["kind"] == "verdict.worsened"]
    assert [(one["path"], one["before"], one["verdict"], one["custody"]) for one in told] == [
        ("pytorch_model.bin", "clean", "dangerous", "recalled")
    ]
    assert told[0]["digest"] == sha256(weights) and told[0]["ruleset"] == after["ruleset"] != told[0]["ruleset_before"]
    why = gateway.cli("why", "acme/trucks")
    assert why.code == 1 and "pytorch_model.bin" in why.seen() and "recalled" in why.seen(), why.seen()
    # Somebody who has it already is refused like anybody else.
    for person in (warm, desk(gateway.url, client)):
        refused = person.probe("snapshot", "acme/trucks").failed().seen()
        assert "dangerous" in refused or "custody-bad" in refused, refused


def test_looking_again_that_is_killed_at_any_moment_misses_nothing_and_tells_everything_once(hub, weigh):
    gateway = weigh(OFF)
    dice = random.Random(SEED)
    # The header of the first is enough, of the others everything is read; what is bad lies somewhere between them.
    files = {f"weights-{number}": safetensors(dice.randbytes(number + 1)) for number in range(400)}
    files |= {f"notes/{number}.txt": f"{number} trucks\n" * dice.randint(1, 400) for number in range(800)}
    bad = {f"bad/{number}.txt": evil_pickle() + bytes(dice.randint(1, 4000)) for number in range(10)}
    hub.publish("acme/trucks", files | bad)
    gateway.get("/api/models/acme/trucks")
    gateway.stop()
    gateway.configure("")
    stopped_at, kills = set(), 0
    while kills < KILLS:
        older.took_everything_for_harmless(gateway)
        [[begun]] = older.rows(gateway, "SELECT COUNT(*) FROM ledger_entry")
        stale, number = older.rows(gateway, "SELECT digest, suffix FROM scan"), 1
        while number:
            gateway.start()
            time.sleep(dice.uniform(0, 0.5))
            gateway.kill()
            kills += 1
            done = older.rows(gateway, "SELECT digest, suffix FROM scan WHERE ruleset <> ?", older.RULES)
            whole = older.rows(gateway, "SELECT revision_id FROM repository_scan WHERE ruleset <> ?", older.RULES)
            stopped_at.add(len(done))
            number = len(stale) - len(done) + 1 - len(whole)
        assert sorted(done) == sorted(stale)
        told = [
            (kind, json.loads(body))
            for kind, body in older.rows(gateway, "SELECT kind, body FROM ledger_entry WHERE position >= ?", begun)
        ]
        worse = [body["digest"] for kind, body in told if kind == "verdict.worsened"]
        assert sorted(worse) == sorted(sha256(content) for content in bad.values())
        renewed = [body for kind, body in told if kind == "files.rescanned"]
        assert sum(body["files"] for body in renewed) + len(worse) == len(stale), "each was counted once"
        assert sum(body["revisions"] for body in renewed) == 1
        recalled = older.rows(gateway, "SELECT digest FROM blob WHERE custody = 'recalled'")
        assert sorted(digest for [digest] in recalled) == sorted(worse)
    assert len(stopped_at) > 4, "every kill came at the same step: they prove little"
    gateway.start()
    assert gateway.get("/acme/trucks/resolve/main/bad/3.txt")[0] in (403, 404)


def until_nothing_is_left(gateway, patience=60):
    """Waits until the rules of today have looked at everything; how far that is, in the words of the status."""
    deadline = time.monotonic() + patience
    while True:
        rescan = gateway.data_of("status")["rescan"]
        if rescan["stale_files"] + rescan["stale_revisions"] == 0:
            return rescan
        assert time.monotonic() < deadline, rescan
        time.sleep(0.05)
