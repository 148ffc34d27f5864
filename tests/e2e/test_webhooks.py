"""Webhooks as receivers meet them: verified with their own library, and not lost by a kill."""

import datetime
import json
import subprocess

from harness.clients import PROBES, VENVS
from harness.contents import FILES
from harness.people import approve, ask, until_here
from harness.receiver import LOOPBACK, signed_with


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


TOPICS = ("asked", "needs-review", "decided", "overdue", "expiring")


def test_the_life_of_a_request_is_told_once_each_whatever_the_receiver_did_meanwhile(hub, people, clock, receiver):
    gateway, tokens = people
    on = [word for topic in TOPICS for word in ("--on", topic)]
    secret = gateway.data_of("webhook", "add", "chat", receiver.url, *on)["secret"]
    for repo in ("acme/trucks", "acme/lorries", "acme/vans"):
        hub.publish(repo, FILES)
    assert gateway.data_of("webhook", "test", "chat")["is_taken"]

    # It answers with an error once, is down for what comes next, and is told all of it later.
    receiver.answers = [500]
    request = ask(gateway, tokens, "acme/trucks")
    until_here(gateway, request)
    receiver.wait_for(2)
    clock.advance(seconds=10)
    first, again = receiver.wait_for(3)[1:]
    assert first["body"] == again["body"] and first["headers"]["webhook-id"] == again["headers"]["webhook-id"]
    assert first["headers"]["webhook-timestamp"] != again["headers"]["webhook-timestamp"]
    receiver.stop()
    gateway.cli("question", request, "which tickets?", "--token", tokens["sam"])
    gateway.cli("reply", request, "all of them", "--token", tokens["dana"])
    end = clock.now() + datetime.timedelta(days=30)
    approve(gateway, tokens, request, "--expires", end.isoformat(timespec="seconds"))
    withdrawn = ask(gateway, tokens, "acme/lorries")
    gateway.cli("withdraw", withdrawn, "--token", tokens["dana"])
    late = ask(gateway, tokens, "acme/vans")
    receiver.start()
    # The second request is late by now and the approval has ended; a fresh start looks at the clock at once.
    gateway.stop()
    clock.advance(days=40)
    gateway.start()

    def told():
        """The events so far, each once: what of it, about which request."""
        messages = {message["headers"]["webhook-id"]: message for message in receiver.got}
        events = [json.loads(message["body"]) for message in messages.values()]
        return sorted((event["type"].removeprefix("weighbridge."), event["data"].get("body", {}).get("request")) for event in events)

    expected = sorted(
        [("webhook.test", None)]
        + [("request.made", one) for one in (request, withdrawn, late)]
        + [(f"request.{kind}", request) for kind in ("questioned", "replied", "answered", "answered", "answered")]
        + [("request.withdrawn", withdrawn), ("approval.expired", request)]
        # Security and compliance are late, each in its own part.
        + [(f"request.{kind}", late) for kind in ("overdue", "escalated")] * 2
    )
    receiver.wait_until(lambda: len(told()) >= len(expected))
    assert told() == expected, told()
    assert all(signed_with(secret, message) for message in receiver.got)
    latest = int(receiver.got[-1]["headers"]["webhook-timestamp"])
    assert abs(latest - clock.now().timestamp()) < 120, "so that whoever refuses what is old can"
    assert not signed_with(secret, {"headers": first["headers"], "body": receiver.got[-1]["body"]})
