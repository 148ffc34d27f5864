"""A recall as stock clients meet it: warm caches too, under every name, in every environment, whoever approved it."""

import json

import pytest

from harness.clients import HUB_036, HUB_2
from harness.contents import FILES, digests
from harness.people import say_yes
from harness.receiver import signed_with

SHARED = {"config.json": FILES["config.json"], "notes.txt": "nothing of this was recalled\n"}
BECAUSE = "it phones home, see INC-42"


@pytest.mark.parametrize("client", [HUB_036, HUB_2], ids=str)
def test_what_is_recalled_is_gone_for_everybody_who_has_it_and_nothing_else_is(hub, people, desk, receiver, client):
    gateway, tokens = people
    commit = hub.publish("acme/trucks", FILES)
    hub.repo("acme/trucks", licence="apache-2.0")
    hub.publish("other/trucks", SHARED)
    say_yes(gateway, tokens, "acme/trucks")
    secret = gateway.data_of("webhook", "add", "pager", receiver.url, "--on", "alarm")["secret"]
    warm = desk(gateway.url, client, token=tokens["ci"])
    assert warm.probe("snapshot", "acme/trucks").answer()["files"] == digests(FILES)
    assert desk(gateway.url, client).probe("snapshot", "other/trucks").answer()["files"] == digests(SHARED)

    recall = ("recall", f"acme/trucks@{commit}", "--because", BECAUSE, "--format", "json", "--token")
    assert "security-reviewer" in gateway.cli(*recall, tokens["ann"]).failed().seen()
    said = json.loads(gateway.cli(*recall, tokens["sam"]).succeeded().stdout)
    # Texts go round, and the next artifact may have the same.
    assert [file["path"] for file in said["recalled"]] == ["adapter.safetensors"]
    assert said["left"] == sorted(set(FILES) - {"adapter.safetensors"}) and said["denied"] == [f"acme/trucks@{commit}"]
    assert {(one["caller"], one["environment"]) for one in said["downloads"]} == {("ci", "production")}

    # Nothing lifts it, and no name hides it.
    words = ("break-glass", "open", "acme/*", "--for", "production", "--because", "x", "--for-hours", "1")
    glass = json.loads(gateway.cli(*words, "--format", "json", "--token", tokens["dana"]).stdout)["id"]
    gateway.cli("break-glass", "confirm", glass, "--token", tokens["cleo"]).succeeded()
    hub.publish("acme/disguise", {"other.safetensors": FILES["adapter.safetensors"]})
    for person, repo in (
        (warm, "acme/trucks"),
        (desk(gateway.url, client, token=tokens["ci"]), "acme/trucks"),
        (desk(gateway.url, client), "acme/trucks"),
        (desk(gateway.url, client), "acme/disguise"),
    ):
        refused = person.probe("snapshot", repo).failed().seen()
        assert "custody-bad" in refused and "recalled by sam" in refused and "INC-42" in refused, refused
    assert desk(gateway.url, client).probe("snapshot", "other/trucks").answer()["files"] == digests(SHARED)

    message = receiver.wait_for(1)[0]
    assert json.loads(message["body"])["type"] == "weighbridge.files.recalled" and signed_with(secret, message)
