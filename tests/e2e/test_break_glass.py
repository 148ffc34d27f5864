"""Break-glass with stock clients: two people lift the rules for hours, loudly; never for what acts on its loader."""

import json

import pytest

from harness.clients import HUB_036, HUB_2
from harness.contents import FILES, digests, evil_pickle
from harness.people import CONFIG, tokens_of
from harness.receiver import LOOPBACK, signed_with

OPEN = ("break-glass", "open", "acme/*", "--for", "production", "--because", "the summariser is down")
REVIEW = ("--because", "one model by a known publisher; it is asked for properly now")
ALONE = """
[break_glass]
two_persons = false
"""


def opened(gateway, token, hours):
    """Somebody opens it; its id."""
    said = gateway.cli(*OPEN, "--for-hours", str(hours), "--format", "json", "--token", token).succeeded()
    return json.loads(said.stdout)["id"]


def listed(gateway):
    """Artifacts and state of everything that is open or waits for a review, as everybody sees it."""
    shown = gateway.data_of("status")["break_glass"]
    assert [glass["id"] for glass in shown] == gateway.cli("break-glass", "list", "--format", "quiet").stdout.split()
    return [(glass["pattern"], glass["state"]) for glass in shown]


@pytest.mark.parametrize("client", [HUB_036, HUB_2], ids=str)
def test_two_people_let_a_client_through_until_the_time_is_over(hub, people, desk, clock, client):
    gateway, tokens = people
    hub.publish("acme/trucks", FILES)
    hub.publish("other/trucks", FILES)

    def pull(repo="acme/trucks", person=None):
        person = person or desk(gateway.url, client, token=tokens["ci"])
        return person.probe("snapshot", repo)

    assert "approval-required" in pull().failed().seen()
    glass = opened(gateway, tokens["sam"], 4)
    assert listed(gateway) == [("acme/*", "waiting")]
    own = gateway.cli("break-glass", "confirm", glass, "--token", tokens["sam"])
    assert own.code == 2 and "somebody else has to confirm" in own.seen(), own.seen()
    assert "approval-required" in pull().failed().seen(), "one person is not enough"

    gateway.cli("break-glass", "confirm", glass, "--token", tokens["cleo"]).succeeded()
    person = desk(gateway.url, client, token=tokens["ci"])
    got = pull(person=person)
    assert got.answer()["files"] == digests(FILES)
    if client.shows_warnings:
        assert "break-glass" in got.seen() and glass in got.seen(), "it is loud"
    assert "approval-required" in pull("other/trucks").failed().seen(), "other artifacts are not meant"
    assert listed(gateway) == [("acme/*", "open")]
    why = gateway.cli("why", "acme/trucks", "--for", "production")
    assert why.code == 0 and f"lifted by break-glass {glass}" in why.seen().replace("`", ""), why.seen()

    clock.advance(hours=4)
    for someone in (None, person):
        refused = pull(person=someone).failed().seen()
        assert "approval-required" in refused, refused
    assert listed(gateway) == [("acme/*", "needs-review")]
    own = gateway.cli("break-glass", "close", glass, *REVIEW, "--token", tokens["sam"])
    assert own.code == 2 and listed(gateway), own.seen()
    gateway.cli("break-glass", "close", glass, *REVIEW, "--token", tokens["cleo"]).succeeded()
    assert listed(gateway) == []
    kinds = [entry["kind"] for entry in gateway.events()]
    assert [kind for kind in kinds if kind.startswith("break-glass") and kind != "break-glass.expired"] == [
        "break-glass.asked",
        "break-glass.opened",
        "break-glass.closed",
    ]


def test_a_review_ends_it_at_once_and_what_acts_on_its_loader_never_passes(hub, people, desk):
    gateway, tokens = people
    hub.publish("acme/trucks", FILES)
    hub.publish("acme/evil", {"weights.pkl": evil_pickle()})
    glass = opened(gateway, tokens["dana"], 1)
    gateway.cli("break-glass", "confirm", glass, "--token", tokens["ann"]).succeeded()
    person = desk(gateway.url, token=tokens["ci"])
    assert person.probe("snapshot", "acme/trucks").answer()["files"] == digests(FILES)
    for _ in range(2):
        assert "finding-dangerous" in person.probe("snapshot", "acme/evil").failed().seen()
    gateway.cli("break-glass", "close", glass, *REVIEW, "--token", tokens["cleo"]).succeeded()
    fresh = desk(gateway.url, token=tokens["ci"])
    assert "approval-required" in fresh.probe("snapshot", "acme/trucks").failed().seen()


def test_one_person_is_enough_where_that_is_configured_and_raises_the_alarm(hub, weigh, desk, clock, receiver):
    gateway = weigh(CONFIG + LOOPBACK + ALONE, environment=clock.environment)
    tokens = tokens_of(gateway)
    secret = gateway.data_of("webhook", "add", "pager", receiver.url, "--on", "break-glass")["secret"]
    hub.publish("acme/trucks", FILES)
    alone = gateway.cli(*OPEN, "--for-hours", "1", "--token", tokens["dana"])
    assert alone.code == 2, "a developer is not one of those who could confirm"
    glass = opened(gateway, tokens["sam"], 1)
    person = desk(gateway.url, token=tokens["ci"])
    assert person.probe("snapshot", "acme/trucks").answer()["files"] == digests(FILES)

    message = receiver.wait_for(1)[0]
    assert signed_with(secret, message)
    told = json.loads(message["body"])
    assert told["type"] == "weighbridge.break-glass.opened"
    body = told["data"]["body"]
    assert (body["break_glass"], body["by"], body["confirmed_by"]) == (glass, "sam", None)
    assert "ERROR" in gateway.log() and "break-glass is open" in gateway.log()
    message["body"] = message["body"].replace(b'"sam"', b'"ann"')
    assert not signed_with(secret, message)
