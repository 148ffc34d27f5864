"""The life of a request: a refused pull, two reviews and an approval, and the same client has the files."""

import json
import time

import pytest

from harness.clients import EVERY_CLIENT
from harness.contents import FILES, digests

# The stub's repositories are as young as the test.
CONFIG = """
[environment.production.rules]
minimum-age = "off"
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
