"""Case 8: work that takes longer than any client's patience. Stock clients wait for it, and it is done once."""

import pytest

from harness.clients import EVERY_CLIENT, HUB_2, PROBES, finish
from harness.contents import MIB, torch_zip

# Longer than the 10 s after which clients give up on a silent file, and than their one retry.
LONG_S = 35


@pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)
def test_clients_wait_for_a_file_that_is_judged_whole_before_its_first_byte(hub, gateway, desk, client):
    content = torch_zip()
    hub.publish("acme/slow", {"README.md": "# Slow\n", "pytorch_model.bin": content})
    hub.fault({"dribble": {"bytes_per_s": max(10, len(content) // LONG_S)}}, path="pytorch_model.bin")
    people = [desk(gateway.url, client).start("hf", "download", "acme/slow") for _ in range(2)]
    for person in people:
        finish(person).succeeded()
    assert hub.downloads_of("pytorch_model.bin") == 1


def test_from_pretrained_waits_for_a_slow_repository(hub, gateway, desk, payloads):
    hub.publish_folder("acme/tiny-bert", payloads / "model")
    hub.fault({"slow_first_byte": {"ms": LONG_S * 1000 - 10_000}}, path="config.json", route="get")
    people = [desk(gateway.url, HUB_2).start("python", PROBES / "pretrained.py", "acme/tiny-bert") for _ in range(2)]
    for person in people:
        finish(person).answer()
    assert hub.downloads_of("config.json") == 1


def test_a_streamed_file_begins_before_it_is_whole(hub, gateway, desk):
    """Safetensors depend on their header alone: the first bytes leave while the rest is still on its way."""
    digest = hub.publish_made("acme/large", "model.safetensors", 16 * MIB, safetensors=True)
    hub.fault({"dribble": {"bytes_per_s": MIB}}, path="model.safetensors")
    found = desk(gateway.url).probe("file", "acme/large", "model.safetensors").answer()
    assert found["sha256"] == digest
    assert hub.downloads_of("model.safetensors") == 1
