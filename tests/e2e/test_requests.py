"""The life of a request: a refused pull, two reviews and an approval, and the same client has the files."""

import datetime
import json

import pytest

from harness.clients import EVERY_CLIENT
from harness.contents import FILES, digests
from harness.people import approve, ask, until_here


@pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)
def test_a_refused_pull_is_allowed_when_everybody_has_answered(hub, people, desk, client):
    gateway, tokens = people
    hub.publish("acme/trucks", FILES)
    hub.repo("acme/trucks", licence="apache-2.0")
    person = desk(gateway.url, client, token=tokens["ci"])
    refused = person.probe("snapshot", "acme/trucks").failed()
    assert "approval-required" in refused.seen()

    request = ask(gateway, tokens, "acme/trucks")
    until_here(gateway, request)
    for name in ("sam", "cleo"):
        gateway.cli("approve", request, "--comment", "looked", "--token", tokens[name])
        assert "approval-required" in person.probe("snapshot", "acme/trucks").failed().seen()
    gateway.cli("approve", request, "--comment", "yes", "--token", tokens["ann"]).succeeded()
    assert person.probe("snapshot", "acme/trucks").answer()["files"] == digests(FILES)

    # What upstream changes afterwards is another revision, which nobody has approved.
    hub.publish("acme/trucks", {"config.json": "{}"})
    newer = desk(gateway.url, client, token=tokens["ci"])
    commit = hub.repo("acme/trucks")["commit"]
    assert "approval-required" in newer.probe("snapshot", "acme/trucks", "--revision", commit).failed().seen()
    kinds = [entry["kind"] for entry in gateway.events()]
    assert kinds.count("request.made") == 1 and kinds.count("request.answered") == 3
    gateway.cli("audit", "verify").succeeded()


def test_an_approval_ends_by_itself_and_the_refusal_says_so(hub, people, desk, clock):
    gateway, tokens = people
    hub.publish("acme/lorries", FILES)
    hub.repo("acme/lorries", licence="apache-2.0")
    request = ask(gateway, tokens, "acme/lorries")
    until_here(gateway, request)
    end = clock.now() + datetime.timedelta(hours=2)
    approve(gateway, tokens, request, "--expires", end.isoformat(timespec="seconds"))
    person = desk(gateway.url, EVERY_CLIENT[-1], token=tokens["ci"])
    assert person.probe("snapshot", "acme/lorries").answer()["files"] == digests(FILES)

    clock.advance(hours=2, seconds=1)
    fresh = desk(gateway.url, EVERY_CLIENT[-1], token=tokens["ci"])
    refused = fresh.probe("snapshot", "acme/lorries").failed().seen()
    assert "approval-required" in refused and "what approved it ended on" in refused


def test_a_renamed_file_and_a_moved_tag_need_an_approval_of_their_own(hub, people, desk):
    gateway, tokens = people
    hub.publish("acme/vans", FILES)
    hub.repo("acme/vans", licence="apache-2.0", tag="v1")
    request = ask(gateway, tokens, "acme/vans@v1")
    until_here(gateway, request)
    approve(gateway, tokens, request)
    client = EVERY_CLIENT[-1]
    person = desk(gateway.url, client, token=tokens["ci"])
    assert person.probe("snapshot", "acme/vans", "--revision", "v1").answer()["files"] == digests(FILES)

    # The same bytes under another name, and the tag moved there.
    old, content = next(iter(sorted(FILES.items())))
    hub.repo("acme/vans", renamed_files={old: f"renamed-{old}"}, tag="v1")
    moved = hub.repo("acme/vans")["commit"]
    for revision in (moved, "v1"):
        newer = desk(gateway.url, client, token=tokens["ci"])
        refused = newer.probe("snapshot", "acme/vans", "--revision", revision).failed().seen()
        assert "approval-required" in refused and "0 of 1 approval" in refused
    request = ask(gateway, tokens, "acme/vans@v1")
    until_here(gateway, request)
    shown = json.loads(gateway.cli("requests", request, "--format", "json").stdout)
    changes = json.dumps(shown["evidence"]["changes"])
    assert "\"renamed\"" in changes and f"renamed-{old}" in changes
