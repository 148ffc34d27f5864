"""Case 19: the upstream is gone, in each of its ways. What was released is served, and nothing is called missing."""

import time

import pytest

from harness.clients import EVERY_CLIENT, HUB_2
from harness.contents import ALWAYS_ASK, FILES, digests


def refuse_connections(hub):
    hub.go_down()


def hang(hub):
    hub.control("down", hang=True)


def fail(hub):
    hub.fault({"status": 503})


def babble(hub):
    hub.fault("not_json")


WAYS = pytest.mark.parametrize("way", [refuse_connections, hang, fail, babble], ids=lambda way: way.__name__)


@WAYS
def test_what_was_released_is_served_and_the_ledger_says_that_it_may_be_old(hub, weigh, desk, way):
    gateway = weigh(ALWAYS_ASK)
    commit = hub.publish("acme/trucks", FILES)
    desk(gateway.url).probe("snapshot", "acme/trucks").answer()
    way(hub)
    began = time.monotonic()
    status, headers, _ = gateway.get("/acme/trucks/resolve/main/config.json", "HEAD")
    assert time.monotonic() - began < 10
    assert status in (307, 429), status
    found = desk(gateway.url).probe("snapshot", "acme/trucks").answer()
    assert found == {"commit": commit, "files": digests(FILES)}
    served = [pull for event in gateway.events() if event["kind"] == "pulls" for pull in event["body"]["served"]]
    assert any(pull.get("stale") for pull in served)


@pytest.mark.parametrize(
    ("client", "way"),
    # One client is enough to wait for a silent upstream.
    [(client, way) for client in EVERY_CLIENT for way in (refuse_connections, fail, babble)] + [(HUB_2, hang)],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_what_nobody_pulled_yet_is_unavailable_and_not_missing(hub, gateway, desk, client, way):
    hub.publish("acme/trucks", FILES)
    way(hub)
    text = desk(gateway.url, client).hf("download", "acme/trucks").failed().seen()
    assert "did not answer" in text, text
    assert "upstream" in text
    for wrong in ("Repository Not Found", "RepositoryNotFound", "404 Client Error"):
        assert wrong not in text, text
    status, headers, body = gateway.get("/acme/trucks/resolve/main/config.json")
    assert status in (429, 502, 503, 504), (status, body)
    assert headers["X-Error-Code"] is None


def test_a_repository_that_no_source_has_is_missing(hub, gateway):
    status, headers, _ = gateway.get("/api/models/acme/nothing")
    assert (status, headers["X-Error-Code"]) == (404, "RepoNotFound")
