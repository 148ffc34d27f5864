"""Case 13: gated and private repositories. The cache is shared, the entitlement is each caller's own."""

import pytest

from harness.clients import EVERY_CLIENT
from harness.contents import FILES, digests

UPSTREAM_TOKEN = "hf_" + "U" * 37


@pytest.mark.parametrize("client", EVERY_CLIENT, ids=str)
@pytest.mark.parametrize("kept", ["gated", "private"])
def test_only_the_entitled_get_what_the_cache_holds(hub, gateway, desk, client, kept, tmp_path):
    hub.publish("acme/secret", FILES)
    hub.repo("acme/secret", **{kept: True}, requires_token=[UPSTREAM_TOKEN])
    credential = tmp_path / "credential"
    credential.write_text(UPSTREAM_TOKEN)
    gateway.cli("source", "credential", "upstream", "acme/*", "--token-file", str(credential)).succeeded()
    entitled = gateway.data_of("token", "create", "--name", "a", "--environment", "dev", "--entitled", "acme/secret")
    stranger = gateway.data_of("token", "create", "--name", "b", "--environment", "dev")

    found = desk(gateway.url, client, token=entitled["token"]).probe("snapshot", "acme/secret").answer()
    assert found["files"] == digests(FILES)
    for token in (stranger["token"], None):
        outcome = desk(gateway.url, client, token=token).probe("snapshot", "acme/secret").failed()
        assert "not-entitled" in outcome.seen()
        outcome = desk(gateway.url, client, token=token).probe("file", "acme/secret", "adapter.safetensors").failed()
        assert "not-entitled" in outcome.seen()
    assert hub.tokens() == [UPSTREAM_TOKEN]
    assert UPSTREAM_TOKEN not in gateway.log()
    assert entitled["token"] not in gateway.log()


def test_without_a_credential_the_person_learns_whose_turn_it_is(hub, gateway, desk):
    hub.publish("acme/secret", FILES)
    hub.repo("acme/secret", gated=True, requires_token=[UPSTREAM_TOKEN])
    token = gateway.data_of("token", "create", "--name", "a", "--environment", "dev", "--entitled", "acme/*")["token"]
    outcome = desk(gateway.url, token=token).hf("download", "acme/secret").failed()
    assert "upstream-credential" in outcome.seen()


def test_a_revoked_token_opens_nothing(hub, gateway, desk):
    hub.publish("acme/trucks", FILES)
    made = gateway.data_of("token", "create", "--name", "a", "--environment", "dev")
    desk(gateway.url, token=made["token"]).hf("download", "acme/trucks").succeeded()
    gateway.cli("token", "revoke", made["id"]).succeeded()
    desk(gateway.url, token=made["token"]).hf("download", "acme/trucks").failed()
