"""The policy as people change it: an own rule is tried out, confirmed by another, told by clients, and taken back."""

import json

import pytest

from harness.clients import HUB_036, HUB_2
from harness.contents import FILES, digests
from harness.people import tokens_of

RULE = """package weighbridge.own.rested

import rego.v1

rule := {
	"title": "a publisher rests",
	"why": "Their signing key was lost last week.",
	"effect": "deny",
	"contact": "security-reviewer",
	"modes": {"dev": "enforce", "staging": "enforce", "production": "enforce"},
	"parameters": {"publishers": ["acme"]},
}

objections contains {
	"message": sprintf("`%s` rests until their new key is known", [input.facts.artifact.publisher]),
	"remedy": "wait for the bulletin of the security team",
} if {
	data.weighbridge.words.listed(input.facts.artifact.publisher, input.parameters.publishers)
}
"""
TEST = """package weighbridge.own.rested_test

import rego.v1

given := {"facts": data.weighbridge.example.facts, "parameters": {"publishers": ["acme"]}}

test_one_that_is_listed_rests if count(data.weighbridge.own.rested.objections) == 1 with input as given

test_nobody_else_does if {
	other := object.union(given, {"parameters": {"publishers": ["nobody"]}})
	count(data.weighbridge.own.rested.objections) == 0 with input as other
}
"""
WORDS = "`acme` rests until their new key is known"

# For some artifacts only: what is read at the door is tried there with made-up facts.
BEGINS = """
digits := [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]

twice(text) := concat("", [text, text])

grow(text) := twice(twice(twice(twice(twice(twice(twice(twice(twice(text)))))))))

objections contains {"message": "m"} if {
	input.facts.artifact.publisher == "mystery"
"""
ENDLESS = """
	some a in digits
	some b in digits
	some c in digits
	some d in digits
	some e in digits
	some f in digits
	some g in digits
	a * b * c * d * e * f * g == 0
}
"""
# A text, doubled 27 times.
GROWING = """
	count(grow(grow(grow("more")))) == 0
}
"""


def folder(place, rule, test=None):
    """A policy as somebody keeps it."""
    (place / "rules").mkdir(parents=True)
    (place / "rules" / "rested.rego").write_text(rule)
    if test:
        (place / "tests").mkdir()
        (place / "tests" / "rested_test.rego").write_text(test)
    return place


def proposed(gateway, what, token=None):
    """Somebody proposes a policy: the number of the version."""
    as_whom = ("--token", token) if token else ()
    words = ("policy", "activate", what, "--because", "the key", "--format", "quiet")
    return gateway.cli(*words, *as_whom).succeeded().stdout.strip()


def decision(gateway, subject):
    """The id of the one that holds."""
    return json.loads(gateway.cli("why", subject, "--format", "json").stdout)["decision"]["id"]


def replayed(gateway, subject):
    """What `why` says of the decision, which it makes again from its record."""
    why = gateway.cli("why", subject)
    assert "replayed: the same policy and the same facts give the same answer" in why.seen(), why.seen()
    return why


@pytest.mark.parametrize("client", [HUB_036, HUB_2], ids=str)
def test_an_own_rule_is_tried_out_confirmed_by_another_told_by_clients_and_taken_back(
    hub, gateway, desk, tmp_path, client
):
    tokens = tokens_of(gateway)
    hub.publish("acme/trucks", FILES)
    hub.publish("other/trucks", FILES)

    def pull(repo):
        return desk(gateway.url, client, token=tokens["dana"]).probe("snapshot", repo)

    for repo in ("acme/trucks", "other/trucks"):
        pull(repo).succeeded()
    passed = decision(gateway, "acme/trucks")

    policy = folder(tmp_path / "policy", RULE, TEST)
    gateway.cli("policy", "check", policy).succeeded()
    assert "2 passed, 0 failed" in gateway.cli("policy", "test", policy).succeeded().seen()
    tried = gateway.data_of("policy", "simulate", policy)
    [stopped] = tried["artifacts"]
    assert (stopped["artifact"], stopped["environment"], stopped["becomes"]) == ("acme/trucks", "dev", "deny")
    pulls = [event for event in gateway.events() if event["kind"] == "pulls"]
    seen = [one for event in pulls for one in event["body"]["served"] if one["artifact"] == "acme/trucks"]
    assert stopped["pulls"] == len(seen) > 0 and stopped["rules"] == ["own-rested"]
    assert stopped["people"] == [{"name": "dana", "pulls": len(seen)}]
    assert gateway.cli("policy", "simulate", policy, "--strict").code == 1
    differs = gateway.cli("policy", "diff", "active", policy)
    assert differs.code == 1 and "own-rested" in differs.seen()

    number = proposed(gateway, policy)
    own = gateway.cli("policy", "confirm", number)
    assert own.code == 2 and "somebody else" in own.seen(), own.seen()
    pull("acme/trucks").succeeded()
    gateway.cli("policy", "confirm", number, "--token", tokens["sam"]).succeeded()
    refused = pull("acme/trucks").failed().seen()
    assert WORDS in refused and "own-rested" in refused, refused
    assert pull("other/trucks").answer()["files"] == digests(FILES)
    why = replayed(gateway, "acme/trucks")
    assert why.code == 1 and WORDS in why.seen() and "bulletin of the security team" in why.seen()
    stopped = decision(gateway, "acme/trucks")

    back = proposed(gateway, "1", tokens["sam"])
    assert gateway.cli("policy", "confirm", back, "--token", tokens["sam"]).code == 2
    gateway.cli("policy", "confirm", back).succeeded()
    assert pull("acme/trucks").answer()["files"] == digests(FILES)
    assert gateway.cli("policy", "diff", "active", "1").code == 0
    history = gateway.data_of("policy", "history")
    told = [(one["version"], one["state"], one["proposed_by"], one["settled_by"]) for one in history]
    assert told[:2] == [
        (3, "active", "sam", "local-administrator"),
        (2, "superseded", "local-administrator", "sam"),
    ]
    # Whatever decides today, what was decided is made again by the text that decided then.
    assert replayed(gateway, passed).code == 0 and replayed(gateway, stopped).code == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [(ENDLESS, "was cut off after 2000 ms"), (GROWING, "needed more memory than 256 MiB")],
    ids=["endless", "growing"],
)
def test_a_rule_that_runs_away_denies_and_the_client_names_it(hub, gateway, desk, tmp_path, body, told):
    tokens = tokens_of(gateway)
    hub.publish("mystery/trucks", FILES)
    hub.publish("acme/trucks", FILES)
    policy = folder(tmp_path / "policy", RULE.split("objections contains")[0] + BEGINS + body)
    gateway.cli("policy", "confirm", proposed(gateway, policy), "--token", tokens["sam"]).succeeded()
    refused = desk(gateway.url).probe("snapshot", "mystery/trucks").failed().seen()
    assert "own-rested" in refused and told in refused, refused
    assert desk(gateway.url).probe("snapshot", "acme/trucks").answer()["files"] == digests(FILES)
    assert gateway.resident_kib() < 600 * 1024, "what grew was another process"
