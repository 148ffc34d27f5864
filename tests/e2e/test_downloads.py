"""Cases 2 and 3: every client pulls through the gateway, cold, warm and with the upstream gone, and by no other way."""

import pytest

from harness.clients import EVERY_CLIENT, HUB_2
from harness.contents import ALWAYS_ASK, FILES, MIB, digests, sha256

EVERY = pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)


@EVERY
def test_a_snapshot_is_the_same_cold_warm_and_without_the_upstream(hub, gateway, desk, client):
    commit = hub.publish("acme/trucks", FILES)
    weights = hub.publish_made("acme/trucks", "model.safetensors", 24 * MIB, safetensors=True)
    commit = hub.repo("acme/trucks")["commit"]
    expected = {"commit": commit, "files": digests(FILES) | {"model.safetensors": weights}}

    assert desk(gateway.url, client).probe("snapshot", "acme/trucks").answer() == expected
    assert desk(gateway.url, client).probe("snapshot", "acme/trucks").answer() == expected
    assert hub.downloads_of("model.safetensors") == 1
    assert hub.strangers() == []
    hub.go_down()
    assert desk(gateway.url, client).probe("snapshot", "acme/trucks").answer() == expected


@EVERY
def test_the_command_line_downloads_and_verifies_cold_and_without_the_upstream(hub, gateway, desk, client):
    hub.publish("acme/trucks", FILES)
    hub.publish_made("acme/trucks", "model.safetensors", 24 * MIB, safetensors=True)
    for upstream_is_there in (True, False):
        if not upstream_is_there:
            hub.go_down()
        person = desk(gateway.url, client)
        person.hf("download", "acme/trucks").succeeded()
        if client.has_cache_verify:
            person.hf("cache", "verify", "acme/trucks").succeeded()


@EVERY
def test_one_file_of_a_dataset_is_pulled(hub, gateway, desk, client, payloads):
    path = "data/train-00000-of-00001.parquet"
    hub.publish_folder("datasets/acme/trucks", payloads / "parquet")
    found = desk(gateway.url, client).probe("file", "acme/trucks", path, "--type", "dataset").answer()
    assert found["sha256"] == sha256((payloads / "parquet" / path).read_bytes())


@EVERY
def test_xet_upstream_changes_nothing(hub, gateway, desk, client):
    """Nothing answers at the fake's Xet address: a client that is shown a hint of it fails."""
    hub.settings(xet=True)
    commit = hub.publish("acme/trucks", FILES)
    found = desk(gateway.url, client).probe("snapshot", "acme/trucks").answer()
    assert found == {"commit": commit, "files": digests(FILES)}
    assert hub.strangers() == []
    assert [entry for entry in hub.requests() if "xet-read-token" in entry["path"]] == []


def test_no_answer_has_a_hint_of_xet_or_an_address_of_the_upstream(hub, gateway):
    hub.settings(xet=True)
    commit = hub.publish("acme/trucks", FILES)
    for method, path in [
        ("GET", "/api/models/acme/trucks"),
        ("GET", "/api/models/acme/trucks?blobs=true"),
        ("GET", "/api/models/acme/trucks?expand=xetEnabled&expand=siblings"),
        ("GET", f"/api/models/acme/trucks/tree/{commit}?recursive=true&expand=true"),
        ("HEAD", f"/acme/trucks/resolve/{commit}/adapter.safetensors"),
        ("GET", f"/acme/trucks/resolve/{commit}/adapter.safetensors"),
        ("HEAD", "/acme/trucks/resolve/main/adapter.safetensors"),
        ("GET", f"/api/models/acme/trucks/xet-read-token/{commit}"),
        ("GET", "/api/models?search=trucks"),
    ]:
        status, headers, body = gateway.get(path, method)
        shown = f"{status} {headers} {body}".lower()
        assert "xethash" not in shown and "x-xet" not in shown and "xet-auth" not in shown, (path, shown)
        for address in (hub.url, hub.cdn_url):
            assert address.removeprefix("http://") not in shown, (path, shown)
    status, _, _ = gateway.get(f"/api/models/acme/trucks/xet-read-token/{commit}")
    assert status in (403, 404)


@pytest.mark.parametrize("client", [c for c in EVERY_CLIENT if c.has_models_ls], ids=str)
def test_models_are_found_by_name(hub, gateway, desk, client):
    hub.publish("acme/trucks", FILES)
    hub.publish("acme/ships", FILES)
    found = desk(gateway.url, client).hf("models", "ls", "--search", "truck").succeeded().stdout
    assert "acme/trucks" in found
    assert "acme/ships" not in found


def test_a_second_version_of_a_repository_fetches_only_what_is_new(hub, weigh, desk):
    gateway = weigh(ALWAYS_ASK)
    hub.publish("acme/trucks", FILES)
    hub.publish_made("acme/trucks", "model.safetensors", 8 * MIB, safetensors=True)
    desk(gateway.url).probe("snapshot", "acme/trucks").answer()
    hub.publish("acme/trucks", {"config.json": '{"model_type": "gpt2"}\n'})
    found = desk(gateway.url).probe("snapshot", "acme/trucks").answer()
    assert found["files"]["config.json"] == sha256('{"model_type": "gpt2"}\n')
    assert hub.downloads_of("model.safetensors") == 1


def test_a_commit_that_was_pulled_is_there_under_every_spelling(hub, gateway, desk):
    commit = hub.publish("acme/trucks", FILES)
    hub.repo("acme/trucks", tag="v1")
    hub.publish("acme/trucks", {"config.json": "{}"})
    for revision in ("v1", commit, "refs/tags/v1"):
        found = desk(gateway.url, HUB_2).probe("snapshot", "acme/trucks", "--revision", revision).answer()
        assert found == {"commit": commit, "files": digests(FILES)}


@EVERY
def test_a_renamed_repository_is_found_under_its_old_name(hub, gateway, desk, client):
    hub.publish("acme/trucks", FILES)
    hub.repo("acme/trucks", renamed_from="acme/lorries")
    found = desk(gateway.url, client).probe("snapshot", "acme/lorries").answer()
    assert found["files"] == digests(FILES)
