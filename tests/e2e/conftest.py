"""Fixtures: an upstream and desks with real clients, each test with its own."""

import os
import shutil
import tempfile

import pytest

from harness.clients import HUB_2, ROOT, Desk
from harness.clock import Clock
from harness.fakehub import FakeHub
from harness.gateway import Gateway
from harness.people import CONFIG, tokens_of
from harness.receiver import LOOPBACK, Receiver

PAYLOADS = ROOT / ".tools" / "payloads"


def pytest_configure(config):
    """A place of this run's own: runs that share one tidy up after each other while they still run."""
    if not hasattr(config, "workerinput"):
        place = tempfile.mkdtemp(prefix="weighbridge-e2e-")
        os.environ["PYTEST_DEBUG_TEMPROOT"] = place
        config.add_cleanup(lambda: shutil.rmtree(place, ignore_errors=True))


@pytest.fixture(scope="session")
def payloads():
    """A tiny real model and a tiny real dataset, as `make payloads` wrote them: model, parquet, csv."""
    if not (PAYLOADS / ".ready").exists():
        raise RuntimeError("the payloads are not there: run `make payloads`")
    return PAYLOADS


@pytest.fixture
def hub():
    """The upstream of this test."""
    fake = FakeHub()
    yield fake
    fake.close()


@pytest.fixture
def receiver():
    """Somebody who takes webhooks."""
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def clock(tmp_path):
    """A clock for a gateway: `weigh(environment=clock.environment)`."""
    return Clock(tmp_path / "clock")


@pytest.fixture
def desk(tmp_path):
    """Makes a person's machine: `desk(endpoint, client, token=…)`, every time a fresh one."""
    made = []

    def make(endpoint, client=HUB_2, token=None):
        made.append(Desk(client, tmp_path / f"desk-{len(made)}", endpoint, token))
        return made[-1]

    return make


@pytest.fixture
def weigh(hub, tmp_path):
    """Makes a started gateway whose only source is `hub`: `weigh(config, tier=…)`.

    Whatever a test does to it, at its end the server leaves when asked, has not panicked, and its ledger verifies.
    """
    made = []

    def make(config="", tier=2, folder=None, **how):
        place = tmp_path / f"gateway-{len(made)}"
        gateway = Gateway(folder or place, config, beside=place, **how)
        made.append(gateway)
        gateway.cli("source", "add", "upstream", hub.url, "--kind", "hub", "--tier", str(tier)).succeeded()
        return gateway.start()

    yield make
    for gateway in made:
        gateway.stop()
        assert "panicked" not in gateway.log(), gateway.log()
        gateway.cli("audit", "verify").succeeded()


@pytest.fixture
def gateway(weigh):
    """A gateway as it is when nobody configured anything, in front of `hub`."""
    return weigh()


@pytest.fixture
def people(weigh, clock):
    """A gateway whose clock is ours, and a token for everybody."""
    gateway = weigh(CONFIG + LOOPBACK, environment=clock.environment)
    return gateway, tokens_of(gateway)
