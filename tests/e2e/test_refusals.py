"""Cases 6 and 7: a refusal holds at every door, and its rule and link reach the person in front of every client."""

import re

import pytest

from harness.clients import EVERY_CLIENT, HUB_2, HUB_036
from harness.contents import FILES, evil_pickle, torch_zip

DENIED = """
[environment.dev.rules.publisher-denied]
mode = "enforce"
publishers = ["mallory"]
"""


def reason_is_seen(outcome, gateway, rule):
    """Whoever reads what the client printed finds the rule's id and where to read on."""
    text = outcome.failed().seen()
    assert rule in text, text
    assert re.search(re.escape(gateway.url) + r"/ui/(decisions/\w+|why\?ref=)", text), text


def doors(repo, commit):
    """Every address under which bytes or names of a repository could be had."""
    for revision in ("main", "refs%2Fheads%2Fmain", commit, commit[:8]):
        yield "GET", f"/api/models/{repo}/revision/{revision}"
        yield "GET", f"/api/models/{repo}/tree/{revision}"
        yield "POST", f"/api/models/{repo}/paths-info/{revision}"
        yield "HEAD", f"/{repo}/resolve/{revision}/adapter.safetensors"
        yield "GET", f"/{repo}/resolve/{revision}/adapter.safetensors"
        yield "GET", f"/{repo}/raw/{revision}/README.md"
        yield "GET", f"/api/models/{repo}/xet-read-token/{revision}"
    yield "GET", f"/api/models/{repo}"
    yield "GET", f"/api/models/{repo}/refs"
    yield "GET", f"/api/models/{repo}/commits/main"
    yield "POST", f"/{repo}.git/info/lfs/objects/batch"
    yield "GET", f"/{repo}.git/info/refs?service=git-upload-pack"


def test_a_denial_holds_at_every_door_and_under_every_spelling(hub, weigh):
    commit = hub.publish("mallory/trucks", FILES)
    hub.repo("mallory/trucks", renamed_from="acme/lorries")
    gateway = weigh(DENIED)
    contents = [content for content in FILES.values() if len(content) > 8]
    for repo in ("mallory/trucks", "Mallory/TRUCKS", "acme/lorries"):
        for method, path in doors(repo, commit):
            status, headers, body = gateway.get(path, method)
            assert status in (403, 404), (method, path, status, body)
            if method != "HEAD":
                assert b"adapter.safetensors" not in body, (method, path, body)
            for content in contents:
                assert (content if isinstance(content, bytes) else content.encode()) not in body, (method, path)
            if "refs?" not in path:
                assert "publisher-denied" in headers["X-HF-Warning"], (method, path, str(headers))
    assert [entry for entry in hub.requests() if entry["side"] == "cdn"] == []


@pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)
def test_the_reason_reaches_the_person_who_downloads(hub, weigh, desk, client):
    hub.publish("mallory/trucks", FILES)
    gateway = weigh(DENIED)
    person = desk(gateway.url, client)
    for outcome in (
        person.hf("download", "mallory/trucks"),
        person.hf("download", "mallory/trucks", "config.json"),
        person.probe("snapshot", "mallory/trucks"),
        person.probe("file", "mallory/trucks", "adapter.safetensors"),
    ):
        reason_is_seen(outcome, gateway, "publisher-denied")


def test_the_reason_reaches_the_person_who_loads(hub, weigh, desk, payloads):
    hub.publish_folder("mallory/tiny-bert", payloads / "model")
    hub.publish_folder("datasets/mallory/trucks", payloads / "parquet")
    gateway = weigh(DENIED)
    for outcome in (
        desk(gateway.url).probe("pretrained", "mallory/tiny-bert"),
        desk(gateway.url).probe("dataset", "mallory/trucks"),
        desk(gateway.url).probe("dataset", "mallory/trucks", "streaming"),
    ):
        reason_is_seen(outcome, gateway, "publisher-denied")


@pytest.mark.parametrize("tier_of", ["source", "pattern"])
def test_tier_three_is_refused_before_a_byte_is_fetched(hub, weigh, desk, tier_of):
    hub.publish("mallory/trucks", FILES)
    gateway = weigh(tier=3 if tier_of == "source" else 2)
    if tier_of == "pattern":
        gateway.cli("source", "tier", "upstream", "3", "--pattern", "mallory/*").succeeded()
    outcome = desk(gateway.url).hf("download", "mallory/trucks")
    reason_is_seen(outcome, gateway, "source-prohibited")
    assert hub.requests() == []


@pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)
@pytest.mark.parametrize("file", ["pytorch_model.bin", "weights.pkl"])
def test_a_dangerous_pickle_is_fetched_judged_and_never_served(hub, gateway, desk, client, file):
    evil = torch_zip(pickled=evil_pickle()) if file.endswith(".bin") else evil_pickle()
    hub.publish("acme/evil", {"README.md": "# Nice\n", file: evil})
    reason_is_seen(desk(gateway.url, client).hf("download", "acme/evil", file), gateway, "finding-dangerous")
    reason_is_seen(desk(gateway.url, client).hf("download", "acme/evil"), gateway, "finding-dangerous")
    assert hub.downloads_of(file) == 1
    why = gateway.cli("why", "acme/evil")
    assert why.code == 1
    assert "system" in why.seen() and "finding-dangerous" in why.seen()


def test_a_harmless_torch_archive_passes(hub, gateway, desk):
    hub.publish("acme/good", {"pytorch_model.bin": torch_zip()})
    desk(gateway.url).hf("download", "acme/good").succeeded()


def test_production_holds_what_nobody_approved(hub, gateway, desk):
    hub.publish("acme/trucks", FILES)
    made = gateway.data_of("token", "create", "--name", "robot", "--environment", "production")
    outcome = desk(gateway.url, token=made["token"]).hf("download", "acme/trucks")
    reason_is_seen(outcome, gateway, "approval-required")
    assert gateway.cli("why", "acme/trucks", "--environment", "production").code == 4
    status, headers, _ = gateway.get("/env/production/api/models/acme/trucks")
    assert status == 401, "no token, no production"


@pytest.mark.parametrize("client", [HUB_036, HUB_2], ids=str)
def test_a_revoked_revision_fails_in_warm_caches_too(hub, weigh, desk, client, payloads):
    hub.publish_folder("mallory/tiny-bert", payloads / "model")
    gateway = weigh()
    person = desk(gateway.url, client)
    person.probe("snapshot", "mallory/tiny-bert").answer()
    if client is HUB_2:
        person.probe("pretrained", "mallory/tiny-bert").answer()
    gateway.stop()
    gateway.configure(DENIED)
    gateway.start()
    outcomes = [person.probe("snapshot", "mallory/tiny-bert")]
    if client is HUB_2:
        outcomes.append(person.probe("pretrained", "mallory/tiny-bert"))
    for outcome in outcomes:
        reason_is_seen(outcome, gateway, "publisher-denied")
    refused = [pull for event in gateway.events() if event["kind"] == "pulls" for pull in event["body"]["refused"]]
    assert [pull for pull in refused if "publisher-denied" in pull["why"]]
