"""The people of a request: who asks, who reviews, who approves, and the machine that pulls."""

import json
import time

# The stub's repositories are as young as the test.
CONFIG = """
[environment.production.rules]
minimum-age = "off"

[upstream]
ref_freshness_seconds = 0
"""
PEOPLE = {
    "dana": ("developer", "dev"),
    "sam": ("security-reviewer", "dev"),
    "cleo": ("compliance-reviewer", "dev"),
    "ann": ("approver", "production"),
    "ci": ("reader", "production"),
}


def tokens_of(gateway):
    """A token for everybody."""
    return {
        name: gateway.data_of("token", "create", name, "--role", role, "--environment", environment)["token"]
        for name, (role, environment) in PEOPLE.items()
    }


def ask(gateway, tokens, reference):
    """Dana asks; the id of the request."""
    words = ("--for", "production", "--because", "support", "--data-class", "internal", "--format", "json")
    return json.loads(gateway.cli("request", reference, *words, "--token", tokens["dana"]).stdout)["id"]


def until_here(gateway, request):
    """Waits until everything that was asked for is here and examined."""
    deadline = time.monotonic() + 60
    while True:
        shown = json.loads(gateway.cli("requests", request, "--format", "json").stdout)
        if shown["missing_files"] == 0:
            return
        assert time.monotonic() < deadline, shown
        time.sleep(0.05)


def approve(gateway, tokens, request, *words):
    """Everybody who has to says yes."""
    for name in ("sam", "cleo"):
        gateway.cli("approve", request, "--comment", "looked", "--token", tokens[name])
    gateway.cli("approve", request, "--comment", "yes", *words, "--token", tokens["ann"]).succeeded()


def say_yes(gateway, tokens, reference):
    """Asks, and everybody says yes."""
    request = ask(gateway, tokens, reference)
    until_here(gateway, request)
    approve(gateway, tokens, request)
