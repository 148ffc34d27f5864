"""The life of a request: a refused pull, two reviews and an approval, and the same client has the files."""

import datetime
import json
import time

import pytest

from harness.clients import EVERY_CLIENT
from harness.contents import FILES, digests

# The stub's repositories are as young as the test.
CONFIG = """
[environment.production.rules]
minimum-age = "off"

[upstream]
ref_freshness_seconds = 0
"""
PEOPLE = {
    "dana": ("developer", "dev"),
    "sam": ("security-reviewer", "dev"),
    "cleo": ("compliance-reviewer", "dev"),
    "ann": ("approver", "production"),
    "ci": ("reader", "production"),
}


@pytest.fixture
def people(weigh):
    """A gateway and a token for everybody."""
    gateway = weigh(CONFIG)
    tokens = {
        name: gateway.data_of("token", "create", name, "--role", role, "--environment", environment)["token"]
        for name, (role, environment) in PEOPLE.items()
    }
    return gateway, tokens


def ask(gateway, tokens, reference):
    words = ("--for", "production", "--because", "support", "--data-class", "internal", "--format", "json")
    return json.loads(gateway.cli("request", reference, *words, "--token", tokens["dana"]).stdout)["id"]


def until_here(gateway, request):
    """Waits until everything that was asked for is here and examined."""
    deadline = time.monotonic() + 60
    while True:
        shown = json.loads(gateway.cli("requests", request, "--format", "json").stdout)
        if shown["missing_files"] == 0:
            return
        assert time.monotonic() < deadline, shown
        time.sleep(0.05)


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


def approve(gateway, tokens, request, *words):
    """Everybody who has to says yes."""
    for name in ("sam", "cleo"):
        gateway.cli("approve", request, "--comment", "looked", "--token", tokens[name])
    gateway.cli("approve", request, "--comment", "yes", *words, "--token", tokens["ann"]).succeeded()


def test_an_approval_ends_by_itself_and_the_refusal_says_so(hub, people, desk):
    gateway, tokens = people
    hub.publish("acme/lorries", FILES)
    hub.repo("acme/lorries", licence="apache-2.0")
    request = ask(gateway, tokens, "acme/lorries")
    until_here(gateway, request)
    # Long enough for one download, however slow the machine: the client has to be let in before it ends.
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=20)
    approve(gateway, tokens, request, "--expires", end.isoformat(timespec="seconds"))
    person = desk(gateway.url, EVERY_CLIENT[-1], token=tokens["ci"])
    assert person.probe("snapshot", "acme/lorries").answer()["files"] == digests(FILES)

    while datetime.datetime.now(datetime.UTC) <= end:
        time.sleep(0.1)
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
