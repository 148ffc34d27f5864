"""Accounts: a personal token in a stock client, until its account is disabled."""

import pytest

from harness.clients import EVERY_CLIENT
from harness.contents import FILES, digests

PASSWORD = "seven trucks and a bridge\n"


@pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)
def test_the_next_pull_of_a_disabled_account_is_refused(hub, gateway, desk, client):
    hub.publish("acme/trucks", FILES)
    gateway.cli("account", "add", "dana").succeeded()
    gateway.cli("account", "password", "dana", stdin=PASSWORD).succeeded()
    gateway.cli("account", "grant", "dana", "--role", "developer").succeeded()
    made = gateway.cli("token", "create", "laptop", "--mine", "dana", "--format", "quiet", stdin=PASSWORD).succeeded()
    token = made.stdout.strip()
    person = desk(gateway.url, client, token=token)
    assert person.probe("snapshot", "acme/trucks").answer()["files"] == digests(FILES)

    gateway.cli("account", "disable", "dana").succeeded()
    elsewhere = desk(gateway.url, client, token=token)
    refused = elsewhere.probe("snapshot", "acme/trucks").failed()
    assert "401" in refused.seen() or "token" in refused.seen(), refused.seen()
    pulls = [entry for entry in gateway.events() if entry["kind"] == "pulls"]
    assert '"by":"dana"' in str(pulls).replace(" ", "").replace("'", '"')
    assert PASSWORD.strip() not in gateway.log() and token not in gateway.log()
