"""Every client works against the fake hub directly: what fails behind the gateway is then the gateway's doing."""

import hashlib
import json

import pytest

from harness.clients import EVERY_CLIENT, HUB_2


def sha256(content):
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


FILES = {
    "README.md": "# Trucks\n",
    "config.json": '{"model_type": "bert"}\n',
    "sub folder/notes.txt": "a name with a space\n",
    "empty.txt": "",
    "weights.bin": bytes(range(256)) * 4000,
}


@pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)
def test_a_snapshot_has_every_byte(hub, desk, client):
    commit = hub.publish("acme/trucks", FILES)
    found = desk(hub.url, client).probe("snapshot", "acme/trucks").answer()
    assert found == {"commit": commit, "files": {path: sha256(content) for path, content in FILES.items()}}


@pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)
def test_the_command_line_downloads_and_verifies(hub, desk, client):
    hub.publish("acme/trucks", FILES)
    person = desk(hub.url, client)
    person.hf("download", "acme/trucks").succeeded()
    if client.has_cache_verify:
        person.hf("cache", "verify", "acme/trucks").succeeded()
    if client.has_models_ls:
        assert "acme/trucks" in person.hf("models", "ls", "--search", "truck").succeeded().stdout


@pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)
def test_an_old_name_leads_to_the_new_one(hub, desk, client):
    hub.publish("acme/trucks", FILES)
    hub.repo("acme/trucks", renamed_from="acme/lorries")
    found = desk(hub.url, client).probe("file", "acme/lorries", "weights.bin").answer()
    assert found["sha256"] == sha256(FILES["weights.bin"])


@pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)
def test_a_gated_repository_asks_for_its_token(hub, desk, client):
    hub.publish("acme/trucks", FILES)
    hub.repo("acme/trucks", gated=True, requires_token=["hf_theRightOne"])
    stranger = desk(hub.url, client).probe("file", "acme/trucks", "weights.bin").failed()
    assert "gated" in stranger.seen().lower()
    found = desk(hub.url, client, token="hf_theRightOne").probe("file", "acme/trucks", "weights.bin").answer()
    assert found["sha256"] == sha256(FILES["weights.bin"])
    assert [entry for entry in hub.requests() if entry["side"] == "cdn" and entry["token"]] == []


def test_pages_lead_to_the_whole_list(hub, desk):
    files = {f"shard-{number:03}.txt": str(number) for number in range(45)}
    hub.publish("acme/many", files)
    hub.settings(page_size=20)
    found = desk(hub.url).probe("snapshot", "acme/many").answer()
    assert set(found["files"]) == set(files)
    assert len([entry for entry in hub.requests() if "/tree/" in entry["path"]]) == 3


def test_a_cut_transfer_is_resumed(hub, desk):
    digest = hub.publish_made("acme/large", "model.safetensors", 24 << 20, safetensors=True)
    hub.fault({"cut_at": {"byte": 15 << 20}}, path="model.safetensors", times=1)
    found = desk(hub.url).probe("file", "acme/large", "model.safetensors").answer()
    assert found["sha256"] == digest
    assert hub.downloads_of("model.safetensors") == 2


def test_xet_that_is_advertised_makes_the_client_leave_the_plain_road(hub, desk):
    """Nothing answers at the fake's Xet address: a client that sees the hints fails, which is what makes them a bait."""
    hub.publish("acme/trucks", FILES)
    hub.settings(xet=True)
    person = desk(hub.url)
    process = person.start("hf", "download", "acme/trucks")
    try:
        process.wait(20)
    except Exception:
        process.kill()
    process.communicate()
    assert [entry for entry in hub.requests() if "xet-read-token" in entry["path"]]
    assert hub.downloads_of("weights.bin") == 0


def test_transformers_loads_a_configuration_and_a_tokenizer(hub, desk, payloads):
    hub.publish_folder("acme/tiny-bert", payloads / "model")
    found = desk(hub.url).probe("pretrained", "acme/tiny-bert").answer()
    assert found["hidden_size"] == 32
    assert len(found["ids"]) == 3


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("words", [[], ["streaming"]], ids=["plain", "streaming"])
def test_datasets_loads_a_table(hub, desk, payloads, kind, words):
    hub.publish_folder("datasets/acme/trucks", payloads / kind)
    rows = desk(hub.url).probe("dataset", "acme/trucks", *words).answer()["rows"]
    assert (len(rows), rows[7]) == (500, {"text": "truck 7", "tonnes": 7})
