"""Case 14: files over 50 GB, which clients refuse when they know the size. The newer ones are told it by the GET."""

import os
import shutil
import time

import pytest

from harness.clients import HUB_1_LAST, HUB_2, HUB_16, finish
from harness.contents import MIB, sha256

HUGE = 60_000_000_000


@pytest.fixture
def gateway(weigh, tmp_path):
    """A gateway with room for the file, as far as it can tell: where the disk is smaller, in memory that is never used."""
    if shutil.disk_usage(tmp_path).free > 1.1 * HUGE:
        return weigh()
    script = 'mount -t tmpfs -o size=80g blobs "$0" && exec "$@"'
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    blobs = tmp_path / "roomy" / "blobs"
    blobs.mkdir(parents=True)
    return weigh(folder=blobs.parent, wrap=[*unshare, "bash", "-c", script, str(blobs)])


def publish_huge(hub):
    """Nobody reads it to its end, so its digest is stated, not computed."""
    hub.publish_made("acme/huge", "model.safetensors", HUGE, safetensors=True, sha256=sha256("never read whole"))
    hub.settings(rate_mib=20)


@pytest.mark.parametrize(
    ("agent", "announced"),
    [
        ("unknown/None; hf_hub/2.4.0; python/3.11.7", None),
        ("unknown/None; hf_hub/1.31.0; python/3.11.7", None),
        ("unknown/None; hf_hub/1.30.0; python/3.11.7", str(HUGE)),
        ("curl/8.5.0", str(HUGE)),
    ],
)
def test_the_size_is_left_out_for_clients_that_then_ask(hub, gateway, agent, announced):
    publish_huge(hub)
    commit = hub.repo("acme/huge")["commit"]
    _, headers, _ = gateway.get(f"/acme/huge/resolve/{commit}/model.safetensors", "HEAD", **{"User-Agent": agent})
    assert (headers["Content-Length"], headers["X-Linked-Size"]) == (announced, announced)
    assert headers["ETag"]


@pytest.mark.parametrize("client", [HUB_1_LAST, HUB_2], ids=str)
def test_a_new_client_begins_to_download(hub, gateway, desk, client):
    publish_huge(hub)
    person = desk(gateway.url, client)
    process = person.start("hf", "download", "acme/huge", "model.safetensors")
    deadline = time.monotonic() + 60
    while largest_below(person.home) < 24 * MIB:
        assert process.poll() is None, finish(process)
        assert time.monotonic() < deadline, "nothing arrived"
        time.sleep(0.1)
    process.kill()
    process.communicate()
    assert hub.strangers() == []


def test_an_old_client_says_that_it_cannot(hub, gateway, desk):
    publish_huge(hub)
    outcome = desk(gateway.url, HUB_16).hf("download", "acme/huge", "model.safetensors").failed()
    assert "too large" in outcome.seen().lower() or "50" in outcome.seen()


def largest_below(folder):
    sizes = [0]
    for path in folder.rglob("*.incomplete"):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:
            continue
    return max(sizes)
