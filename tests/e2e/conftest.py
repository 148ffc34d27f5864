"""Fixtures: an upstream and desks with real clients, each test with its own."""

import os
import pathlib

import pytest

from harness.clients import HUB_2, ROOT, Desk
from harness.fakehub import FakeHub

PAYLOADS = ROOT / ".tools" / "payloads"


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
def desk(tmp_path):
    """Makes a person's machine: `desk(endpoint, client, token=…)`, every time a fresh one."""
    made = []

    def make(endpoint, client=HUB_2, token=None):
        made.append(Desk(client, tmp_path / f"desk-{len(made)}", endpoint, token))
        return made[-1]

    return make
