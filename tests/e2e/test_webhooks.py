"""Webhooks as receivers meet them: verified with their own library, and not lost by a kill."""

import json
import subprocess

from harness.clients import PROBES, VENVS
from harness.receiver import LOOPBACK


def verified(secret, messages):
    """What the library of the standard says about each of the messages."""
    texts = [{"headers": message["headers"], "body": message["body"].decode()} for message in messages]
    done = subprocess.run(
        [VENVS / "oracle/bin/python", PROBES / "verify_webhook.py"],
        input=json.dumps({"secret": secret, "messages": texts}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_messages_verify_with_the_library_of_the_standard(weigh, receiver):
    gateway = weigh(LOOPBACK)
    secret = gateway.data_of("webhook", "add", "chat", receiver.url, "--on", "administration")["secret"]
    assert gateway.data_of("webhook", "test", "chat")["is_taken"]
    gateway.cli("source", "reserve", "acme/*", "--reason", "ours").succeeded()
    messages = receiver.wait_for(3)
    types = sorted(verified(secret, messages))
    assert types == ["weighbridge.name.reserved", "weighbridge.webhook.added", "weighbridge.webhook.test"]
    for message in messages:
        message["body"] = message["body"].replace(b"weighbridge", b"weighbrigde", 1)
    assert verified(secret, messages) == ["No matching signature found"] * 3


def test_a_kill_before_the_message_was_taken_loses_nothing(weigh, receiver):
    gateway = weigh(LOOPBACK)
    secret = gateway.data_of("webhook", "add", "chat", receiver.url, "--on", "administration")["secret"]
    receiver.wait_for(1)
    receiver.stop()
    names = [f"acme{number}" for number in range(5)]
    for name in names:
        gateway.cli("source", "reserve", f"{name}/*", "--reason", "ours").succeeded()
    gateway.kill()
    receiver.start()
    gateway.start()
    messages = receiver.wait_for(6)[1:]
    assert set(verified(secret, messages)) == {"weighbridge.name.reserved"}
    told = {json.loads(message["body"])["data"]["body"]["pattern"] for message in messages}
    assert told == {f"{name}/*" for name in names}
    deliveries = gateway.data_of("webhook", "deliveries", "chat")
    assert all(delivery["state"] == "delivered" for delivery in deliveries), deliveries
